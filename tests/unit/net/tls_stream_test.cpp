// A connection over TLS sees what a plain one sees, however the sealed bytes travel, whatever the
// kernel takes, and however it ends.
#include "net/tls_session.hpp"
#include "unit/net/tls_fixture.hpp"
#include "unit/net/websocket_fixture.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace socketio::test {
namespace {

constexpr int narrow = 4096;

// A connection whose sockets hold little on both sides, so that the kernel is soon full: made by
// the test and adopted, with a TLS session that shakes hands when it is read.
class narrow_port {
 public:
  narrow_port() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &narrow, sizeof narrow);  // for its connections
    socklen_t length = sizeof any;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 ||
        ::listen(listener_, 1) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &length) != 0)
      throw std::runtime_error("cannot listen");
    port = ntohs(any.sin_port);
  }
  ~narrow_port() { ::close(listener_); }
  int accept() const {
    const int descriptor = ::accept(listener_, nullptr, nullptr);
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &narrow, sizeof narrow);
    return descriptor;
  }
  std::uint16_t port = 0;

 private:
  int listener_;
};

class TlsStream : public websocket_fixture {
 protected:
  void serve_tls() {
    tls = source_of(localhost_options());
    serve();
  }
  void open(tls_client& peer) {
    ASSERT_TRUE(peer.shake_hands()) << peer.why();
    ASSERT_EQ(peer.open_websocket(), 101u);
    ASSERT_TRUE(accepted.take());
  }
  // Over the port: shakes hands, and is served as if it had been accepted.
  void shake_hands_over(const narrow_port& way, tls_client& peer) {
    net::loose_stream accepted_here(way.accept(), tls->current()->accept());
    ASSERT_TRUE(on_shard([&] { return listener().adopt(accepted_here, {}); }));
    ASSERT_TRUE(peer.shake_hands()) << peer.why();
  }
  void open_over(const narrow_port& way, tls_client& peer) {
    shake_hands_over(way, peer);
    ASSERT_EQ(peer.open_websocket(), 101u);
    ASSERT_TRUE(accepted.take());
  }
  static tls_client_options narrow_client() {
    auto options = trusting();
    options.receive_buffer = narrow;
    return options;
  }
};

TEST_F(TlsStream, BytesMayComeOneByOne) {
  serve_tls();
  tls_client peer(port, trusting());
  const std::string hello = peer.hello();
  for (const char& byte : hello) peer.raw_send({&byte, 1});
  open(peer);
  std::string wire = peer.sealed(text_frame("one"));
  wire += peer.sealed(text_frame("two"));
  for (const char& byte : wire) peer.raw_send({&byte, 1});
  EXPECT_EQ(sink.messages.take(), "t:one");
  EXPECT_EQ(sink.messages.take(), "t:two");
}

TEST_F(TlsStream, RecordsAndFramesAndSegmentsNeedNotAgree) {
  serve_tls();
  tls_client peer(port, trusting());
  open(peer);
  const std::string frames = text_frame("one") + text_frame("two") + text_frame("three");
  std::string wire;  // a record for each byte
  for (const char& byte : frames) wire += peer.sealed({&byte, 1});
  const std::size_t middle = wire.size() / 2 + 3;
  peer.raw_send(wire.substr(0, middle));
  EXPECT_EQ(sink.messages.take(), "t:one");
  peer.raw_send(wire.substr(middle));
  EXPECT_EQ(sink.messages.take(), "t:two");
  EXPECT_EQ(sink.messages.take(), "t:three");
}

// Far more than the shard's receive buffer holds, and more than a record.
TEST_F(TlsStream, LongMessagesComeAndGo) {
  serve_tls();
  tls_client peer(port, trusting());
  open(peer);
  std::string text(900'000, 'x');
  for (std::size_t i = 0; i < text.size(); i += 1000) text[i] = static_cast<char>('a' + i % 26);
  peer.send(text_frame(text));
  EXPECT_TRUE(sink.messages.take() == "t:" + text);
  on_shard([&] { push(text); });
  EXPECT_TRUE(peer.read_frame().payload == text);
}

// A record for each frame would cost more than the frames.
TEST_F(TlsStream, WhatIsWrittenInOneTurnSharesRecords) {
  serve_tls();
  tls_client peer(port, trusting());
  open(peer);
  int records = 0;
  SSL_set_msg_callback_arg(peer.ssl(), &records);
  SSL_set_msg_callback(peer.ssl(),
                       [](int written, int, int type, const void*, std::size_t, SSL*, void* count) {
                         if (!written && type == SSL3_RT_INNER_CONTENT_TYPE)
                           ++*static_cast<int*>(count);
                       });
  on_shard([&] {
    for (int i = 0; i < 60; ++i) push(std::to_string(i));
  });
  for (int i = 0; i < 60; ++i) EXPECT_EQ(peer.read_frame().payload, std::to_string(i));
  EXPECT_EQ(records, 1);
}

// ---- a kernel that is full

// The last record has left the queue, but not the process: it follows by itself.
TEST_F(TlsStream, WhatTheKernelDidNotTakeFollows) {
  serve_tls();
  const narrow_port way;
  tls_client peer(way.port, narrow_client());
  open_over(way, peer);
  const std::string text(16'000, 'x');
  for (int i = 0; i < 20; ++i) on_shard([&] { push(text); });
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(peer.read_frame().payload == text) << i;
  on_shard([&] { push("and then"); });
  EXPECT_EQ(peer.read_frame().payload, "and then");
}

// The queue counts what TLS has not taken, and TLS takes one record more than the kernel.
TEST_F(TlsStream, ASlowReaderFillsTheQueueAsWithoutTls) {
  serve_tls();
  const narrow_port way;
  tls_client peer(way.port, narrow_client());
  open_over(way, peer);
  constexpr std::size_t all = 3'000'000;
  on_shard([&] {
    for (std::size_t i = 0; i < all; i += 1000) push(std::string(1000, 'x'));
  });
  const std::size_t left = on_shard([this] { return queue.bytes(); });
  EXPECT_GT(left, all - 200'000);
  for (std::size_t i = 0; i < all; i += 1000) ASSERT_EQ(peer.read_frame().payload.size(), 1000u);
  EXPECT_TRUE(eventually([this] { return on_shard([this] { return queue.empty(); }); }));
}

TEST_F(TlsStream, TheCloseFrameAndTheEndOfTlsFollowBehindAFullKernel) {
  serve_tls();
  const narrow_port way;
  tls_client peer(way.port, narrow_client());
  open_over(way, peer);
  const std::string text(200'000, 'x');
  on_shard([&] {
    push(text);
    websocket->close(true, 1000, "bye");
  });
  ASSERT_TRUE(peer.read_frame().payload == text);
  const raw_frame last = peer.read_frame();
  EXPECT_EQ(last.code(), 1000u);
  peer.send(close_frame({}));
  EXPECT_TRUE(peer.sees_end());
  EXPECT_TRUE(peer.got_close_notify());
  EXPECT_TRUE(no_connection_is_left());
}

// The answer to the peer's close frame does not fit either.
TEST_F(TlsStream, ThePeersCloseIsAnsweredBehindAFullKernel) {
  serve_tls();
  const narrow_port way;
  tls_client peer(way.port, narrow_client());
  open_over(way, peer);
  on_shard([&] { push(std::string(15'000, 'x')); });
  peer.send(close_frame(std::string("\x03\xe8", 2)));
  ASSERT_TRUE(sink.closings.take());
  EXPECT_EQ(peer.read_frame().payload.size(), 15'000u);
  EXPECT_EQ(peer.read_frame().code(), 1000u);
  EXPECT_TRUE(peer.sees_end());
  EXPECT_TRUE(peer.got_close_notify());
}

TEST_F(TlsStream, ALastAnswerIsReadToItsEndBySlowReaders) {
  serve_tls();
  handler = [](std::shared_ptr<net::exchange> request) {
    request->respond(http_response::text(200, std::string(300'000, 'y')));
  };
  const narrow_port way;
  tls_client peer(way.port, narrow_client());
  shake_hands_over(way, peer);
  peer.send(get("/", "Connection: close\r\n"));
  EXPECT_EQ(peer.read_response().body.size(), 300'000u);
  EXPECT_TRUE(peer.sees_end());
  EXPECT_TRUE(peer.got_close_notify());
}

// The kernel may take the last byte of an answer and be full: there is no moment at which what TLS
// says behind it is lost.
TEST_F(TlsStream, TheEndOfTlsFollowsAnAnswerThatJustFits) {
  serve_tls();
  std::size_t bytes = 0;
  handler = [&bytes](std::shared_ptr<net::exchange> request) {
    request->respond(http_response::text(200, std::string(bytes, 'y')));
  };
  const narrow_port way;
  for (bytes = 500; bytes < 16'000; bytes += 500) {
    tls_client peer(way.port, narrow_client());
    shake_hands_over(way, peer);
    peer.send(get("/", "Connection: close\r\n"));
    while (counters().requests_total < bytes / 500) {
    }
    on_shard([] {});  // the turn of the answer is over
    EXPECT_EQ(peer.read_response().body.size(), bytes);
    EXPECT_TRUE(peer.sees_end());
    EXPECT_TRUE(peer.got_close_notify()) << bytes;
  }
}

// And when nobody reads it, it is not waited for for ever.
TEST_F(TlsStream, ALastAnswerThatNobodyReadsIsGivenUp) {
  limits.body_timeout = milliseconds(100);
  serve_tls();
  handler = [](std::shared_ptr<net::exchange> request) {
    request->respond(http_response::text(200, std::string(15'000, 'y')));
  };
  const narrow_port way;
  tls_client peer(way.port, narrow_client());
  shake_hands_over(way, peer);
  peer.send(get("/", "Connection: close\r\n"));
  EXPECT_TRUE(all_connections_end());
}

// A peer that demands new keys again and again and does not read that it gets them is not read
// either: what TLS has to say is limited, too.
TEST_F(TlsStream, WhoeverDemandsAnswersOfTlsHasToReadThem) {
  serve_tls();
  const narrow_port way;
  tls_client peer(way.port, narrow_client());
  open_over(way, peer);
  ::setsockopt(peer.descriptor(), SOL_SOCKET, SO_SNDBUF, &narrow, sizeof narrow);
  std::string rest;
  for (int i = 0; i < 50'000 && rest.empty(); ++i) {
    std::string demands;
    for (int k = 0; k < 100; ++k) {
      SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED);
      SSL_do_handshake(peer.ssl());
      demands += peer.take_output();
    }
    rest = demands.substr(peer.send_until_full(demands, 300));
  }
  ASSERT_FALSE(rest.empty()) << "the server reads on";
  EXPECT_EQ(connections(), 1u);
  on_shard([&] { push("out"); });
  EXPECT_EQ(peer.read_frame().payload, "out");  // and reads all answers on the way
  peer.raw_send(rest);
  peer.send(text_frame("in"));
  // The answers to what was on its way have to be read, too.
  EXPECT_TRUE(
      eventually([&] { return static_cast<void>(peer.sees_silence(1)), !sink.messages.empty(); }));
  EXPECT_EQ(sink.messages.take(), "t:in");
}

// ---- how it ends

TEST_F(TlsStream, TheEndOfTlsIsAnEnd) {
  serve_tls();
  tls_client peer(port, trusting());
  open(peer);
  peer.close_notify();
  const auto closing = sink.closings.take();
  ASSERT_TRUE(closing);
  EXPECT_EQ(closing->what, cause::connection_lost);
  EXPECT_EQ(closing->detail, "the connection ended without a close frame");
  EXPECT_TRUE(peer.sees_end());
  EXPECT_TRUE(peer.got_close_notify());
}

TEST_F(TlsStream, ACutIsNotTakenForAnEnd) {
  serve_tls();
  tls_client peer(port, trusting());
  open(peer);
  peer.send(text_frame("last words"));
  peer.finish_sending();
  EXPECT_EQ(sink.messages.take(), "t:last words");
  const auto closing = sink.closings.take();
  ASSERT_TRUE(closing);
  EXPECT_EQ(closing->what, cause::connection_lost);
  EXPECT_EQ(closing->detail,
            "the connection ended without a close frame and without the end of TLS");
}

// Cut anywhere: nothing of half a record is believed.
TEST_F(TlsStream, HalfARecordIsACut) {
  serve_tls();
  for (const std::size_t kept : {1u, 5u, 6u, 20u, 28u}) {
    tls_client peer(port, trusting());
    open(peer);
    const std::string record = peer.sealed(text_frame("a secret"));
    ASSERT_LT(kept, record.size());
    peer.raw_send(record.substr(0, kept));
    peer.finish_sending();
    const auto closing = sink.closings.take();
    ASSERT_TRUE(closing) << kept;
    EXPECT_EQ(closing->what, cause::connection_lost);
    EXPECT_EQ(closing->detail,
              "the connection ended without a close frame and without the end of TLS");
    EXPECT_TRUE(peer.sees_end());
  }
  EXPECT_TRUE(sink.messages.empty());
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(TlsStream, AnAlteredRecordEndsIt) {
  serve_tls();
  tls_client peer(port, trusting());
  open(peer);
  std::string wire = peer.sealed(text_frame("secret"));
  wire.back() = static_cast<char>(wire.back() ^ 1);
  peer.raw_send(wire);
  const auto closing = sink.closings.take();
  ASSERT_TRUE(closing);
  EXPECT_EQ(closing->detail, "the connection failed: Protocol error");
  EXPECT_TRUE(peer.sees_end());
  EXPECT_EQ(peer.why(), "sslv3 alert bad record mac");
  EXPECT_TRUE(sink.messages.empty());
}

TEST_F(TlsStream, AResetIsNoticed) {
  serve_tls();
  tls_client peer(port, trusting());
  open(peer);
  peer.reset();
  const auto closing = sink.closings.take();
  ASSERT_TRUE(closing);
  EXPECT_EQ(closing->detail, "the connection failed: Connection reset by peer");
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(TlsStream, NobodyNegotiatesAgain) {
  serve_tls();
  auto options = trusting();
  options.max_version = TLS1_2_VERSION;
  tls_client peer(port, options);
  open(peer);
  SSL_renegotiate(peer.ssl());
  SSL_do_handshake(peer.ssl());
  peer.raw_send(peer.take_output());
  EXPECT_TRUE(peer.sees_end());
  EXPECT_EQ(peer.why(), "no renegotiation");
}

TEST_F(TlsStream, AServerThatCutsSaysTheEndOfTls) {
  serve_tls();
  tls_client peer(port, trusting());
  open(peer);
  on_shard([&] { listener().close_connections(); });
  EXPECT_TRUE(peer.sees_end());
  EXPECT_TRUE(peer.got_close_notify());
}

}  // namespace
}  // namespace socketio::test
