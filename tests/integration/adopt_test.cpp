// A user's own HTTP server accepts the connection, reads the head, and hands it over:
// server::adopt().
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace socketio::test {
namespace {

// The user's server, as far as the test needs one: accepts one connection and reads some of its
// bytes.
class foreign_server {
 public:
  foreign_server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof any;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 ||
        ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &length) != 0)
      throw std::runtime_error("no port");
    port = ntohs(any.sin_port);
  }
  ~foreign_server() { ::close(listener_); }

  int accept() const { return ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); }
  // At least `bytes` of what the client sent.
  static std::string read(int descriptor, std::size_t bytes) {
    std::string text;
    char chunk[4096];
    while (text.size() < bytes) {
      const auto got = ::recv(descriptor, chunk, std::min(sizeof chunk, bytes - text.size()), 0);
      if (got <= 0) break;
      text.append(chunk, static_cast<std::size_t>(got));
    }
    return text;
  }

  std::uint16_t port = 0;

 private:
  int listener_;
};

class Adopt : public testing::Test {
 protected:
  void SetUp() override {
    server_.io.on("add", [](int a, int b) { return a + b; });
    server_.io.on_connection(
        [](const socket& who) { who.emit("address", who.handshake().address); });
    server_.start();
  }
  void TearDown() override { server_.stop(); }
  running_server server_;
  foreign_server own_;
};

TEST_F(Adopt, AWebSocketHandshakeOfWhichAnyPartWasRead) {
  constexpr std::size_t head_bytes = 170;  // a little less than what the client sends
  for (const std::size_t read : {std::size_t(0), std::size_t(1), std::size_t(40), head_bytes}) {
    raw_client peer(own_.port);
    const int descriptor = own_.accept();
    peer.send(get("/socket.io/?EIO=4&transport=websocket",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
    server_.io.adopt(descriptor, foreign_server::read(descriptor, read));
    ASSERT_EQ(peer.read_response().status, 101u) << read;
    EXPECT_EQ(peer.read_frame().payload[0], '0');
    peer.send(text_frame("40"));
    EXPECT_TRUE(peer.read_frame().payload.starts_with("40{"));
    EXPECT_EQ(peer.read_frame().payload, R"(42["address","127.0.0.1"])");
    peer.send(text_frame(R"(421["add",2,3])"));
    EXPECT_EQ(peer.read_frame().payload, "431[5]");
  }
}

TEST_F(Adopt, APollingConnectionThatStays) {
  raw_client peer(own_.port);
  const int descriptor = own_.accept();
  const std::string request = get("/socket.io/?EIO=4&transport=polling");
  peer.send(request);
  server_.io.adopt(descriptor, foreign_server::read(descriptor, request.size()));
  EXPECT_EQ(peer.read_response().status, 200u);
  peer.send(get("/socket.io/socket.io.js"));  // on the same connection
  EXPECT_EQ(peer.read_response().status, 200u);
}

TEST_F(Adopt, ARequestThatWasParsedAlready) {
  raw_client peer(own_.port);
  const int descriptor = own_.accept();
  const std::string sent = get("/socket.io/?EIO=4&transport=polling", "X-Mine: yes\r\n");
  peer.send(sent + "GET /none HTTP/1.1\r\nHost: a\r\n\r\n");
  foreign_server::read(descriptor, sent.size());
  http_request parsed;
  parsed.method = "GET";
  parsed.target = "/socket.io/?EIO=4&transport=polling";
  parsed.version = 11;
  parsed.headers.add("host", "localhost");
  server_.io.adopt(descriptor, parsed, foreign_server::read(descriptor, 10));
  EXPECT_EQ(peer.read_response().status, 200u);
  EXPECT_EQ(peer.read_response().status, 404u) << "what was pipelined behind it";
}

TEST_F(Adopt, OwnsWhateverItGets) {
  raw_client peer(own_.port);
  const int descriptor = own_.accept();
  server_.io.adopt(descriptor, "\x16\x03\x01 is TLS\r\n\r\n");
  EXPECT_EQ(peer.read_response().status, 400u);
  EXPECT_TRUE(peer.sees_end());

  int pipes[2];
  ASSERT_EQ(::pipe(pipes), 0);
  server_.io.adopt(pipes[0], "");  // no connection: closed
  server_.ask([] { return true; });
  pollfd other_end{pipes[1], 0, 0};
  EXPECT_EQ(::poll(&other_end, 1, 5'000), 1);
  EXPECT_TRUE(other_end.revents & POLLERR);
  ::close(pipes[1]);
}

TEST(AdoptOnly, AServerThatNeverListens) {
  running_server server;
  foreign_server own;
  server.io.on("add", [](int a, int b) { return a + b; });
  std::thread runner([&] { server.io.run(); });
  {
    raw_client peer(own.port);
    server.io.adopt(own.accept(), "");
    peer.send(get("/socket.io/?EIO=4&transport=polling"));
    EXPECT_EQ(peer.read_response().status, 200u);
    EXPECT_EQ(server.io.port(), 0);
  }
  raw_client left(own.port);
  server.io.adopt(own.accept(), "");
  server.io.close();
  runner.join();
  EXPECT_TRUE(left.sees_end());
}

TEST(AdoptOnly, AServerThatNeverRunsClosesTheDescriptor) {
  foreign_server own;
  raw_client peer(own.port);
  {
    server io;
    io.adopt(own.accept(), "");
  }
  EXPECT_TRUE(peer.sees_end());
}

TEST_F(Adopt, AfterTheEndClosesTheDescriptor) {
  raw_client peer(own_.port);
  const int descriptor = own_.accept();
  server_.stop();
  server_.io.adopt(descriptor, "");
  EXPECT_TRUE(peer.sees_end());
}

}  // namespace
}  // namespace socketio::test
