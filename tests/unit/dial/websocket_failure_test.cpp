// Every way in which a WebSocket does not open, or ends without being asked: wrong answers, cut at
// every byte, resets, broken frames, limits, time.
#include "unit/dial/websocket_fixture.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

namespace socketio::test {
namespace {

using dial::trouble;
using WebSocketFailure = websocket_fixture;

// An answer made from the right one by a wrong header.
std::string answer_to(const std::string& request, std::string_view instead_of = "",
                      std::string_view with = "") {
  std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      accept_of(request) + "\r\n\r\n";
  if (!instead_of.empty()) answer.replace(answer.find(instead_of), instead_of.size(), with);
  return answer;
}

TEST_F(WebSocketFailure, what_cannot_be_asked_is_told_later) {
  EXPECT_EQ(failure_of({.url = ""}).what, trouble::bad_url);
  EXPECT_EQ(failure_of({.url = "ftp://127.0.0.1/"}).detail,
            "\"ftp://127.0.0.1/\": the scheme must be ws, wss, http or https");
  EXPECT_EQ(failure_of({.url = "ws://127.0.0.1/", .headers = {{"A", "b\r\nC: d"}}}).what,
            trouble::bad_url);
  EXPECT_EQ(failure_of({.url = "ws://127.0.0.1/", .protocols = {"a,b"}}).what, trouble::bad_url);
}

TEST_F(WebSocketFailure, nobody_is_there) {
  const std::string place = "127.0.0.1:" + std::to_string(unused_port());
  const auto refused = failure_of({.url = "ws://" + place});
  EXPECT_EQ(refused.what, trouble::connect);
  EXPECT_EQ(refused.detail, "connect to " + place + " refused");
  EXPECT_EQ(failure_of({.url = "ws://nobody.invalid"}).what, trouble::resolve);
  EXPECT_EQ(loop.watched(), 0u);
}

// As many descriptors as there are already, until the end of the block.
class no_more_descriptors {
 public:
  no_more_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(STDERR_FILENO);
    ::close(next);
    const rlimit full{static_cast<rlim_t>(next), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &full);
  }
  ~no_more_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  no_more_descriptors(const no_more_descriptors&) = delete;
  no_more_descriptors& operator=(const no_more_descriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(WebSocketFailure, there_is_no_descriptor_left) {
  const std::string place = "127.0.0.1:" + std::to_string(unused_port());
  // First with descriptors: a sanitizer needs some for each class that it meets.
  EXPECT_EQ(failure_of({.url = "ws://" + place}).detail, "connect to " + place + " refused");
  const auto why = [&] {
    const no_more_descriptors now;
    return failure_of({.url = "ws://" + place});
  }();
  EXPECT_EQ(why.what, trouble::connect);
  EXPECT_EQ(why.detail, "connect to " + place + ": too many open files");
  EXPECT_EQ(failure_of({.url = "ws://" + place}).detail, "connect to " + place + " refused");
}

TEST_F(WebSocketFailure, another_status_is_a_refusal) {
  raw_server server([](peer& one) {
    one.read_head();
    one.send(response("403 Forbidden", "", "{}"));
    one.sees_end();
  });
  const auto why = failure_of({.url = server.url("ws")});
  EXPECT_EQ(why.what, trouble::http_status);
  EXPECT_EQ(why.status, 403u);
  EXPECT_EQ(why.detail,
            "127.0.0.1:" + std::to_string(server.port()) + " answered 403 instead of a WebSocket");
}

TEST_F(WebSocketFailure, an_answer_that_is_none_is_refused) {
  struct wrong {
    std::string instead_of, with, why;
  };
  const std::vector<wrong> all{
      {"Upgrade: websocket\r\n", "", "header Upgrade"},
      {"Upgrade: websocket", "Upgrade: h2c", "\"h2c\""},
      {"Connection: Upgrade\r\n", "", "header Connection"},
      {"Connection: Upgrade", "Connection: close", "\"close\""},
      {"Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept: x", "Sec-WebSocket-Accept"},
      {"Sec-WebSocket-Accept: ", "X-Other: ", "Sec-WebSocket-Accept"},
      {"\r\n\r\n", "\r\nSec-WebSocket-Protocol: x\r\n\r\n", "protocol \"x\""},
      {"\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "not offered"},
      {"HTTP/1.1 101", "HTTP/9 101", "no WebSocket"},
      {"HTTP/1.1 101", "SSH-2.0", "no WebSocket"},
      {"Upgrade: websocket\r\n", "Upgrade: websocket\n", "no WebSocket"},
  };
  wrong now;
  raw_server server([&](peer& one) {
    one.send(answer_to(one.read_head(), now.instead_of, now.with));
    EXPECT_TRUE(one.sees_end());
  });
  for (const wrong& one : all) {
    now = one;
    const auto why = failure_of({.url = server.url("ws")});
    EXPECT_EQ(why.what, trouble::protocol) << one.with;
    EXPECT_NE(why.detail.find(one.why), std::string::npos) << why.detail;
    EXPECT_FALSE(sink.opened);
  }
}

TEST_F(WebSocketFailure, a_server_that_chooses_no_protocol_or_a_wrong_extension) {
  std::string more;
  raw_server server([&](peer& one) {
    one.accept_websocket(more);
    EXPECT_TRUE(one.sees_end());
  });
  EXPECT_EQ(failure_of({.url = server.url("ws"), .protocols = {"a"}}).detail,
            "no WebSocket: the server chose none of the protocols");
  more = "Sec-WebSocket-Extensions: permessage-bzip2\r\n";
  EXPECT_EQ(failure_of({.url = server.url("ws"), .deflate = wire::deflate_offer{}}).what,
            trouble::protocol);
}

TEST_F(WebSocketFailure, a_head_without_an_end_has_a_limit) {
  raw_server server([](peer& one) {
    one.read_head();
    one.send("HTTP/1.1 101 Yes\r\n");
    for (int i = 0; i < 100'000; ++i) one.send("X-More: " + std::string(1'000, 'x') + "\r\n");
  });
  EXPECT_EQ(failure_of({.url = server.url("ws")}).what, trouble::protocol);
}

// ---- the connection ends, after every byte

TEST_F(WebSocketFailure, an_end_after_any_byte_of_the_handshake_is_lost) {
  std::size_t bytes = 0, whole = 1'000;
  bool resets = false;
  raw_server server([&](peer& one) {
    const std::string answer = answer_to(one.read_head());
    whole = answer.size();
    one.send(std::string_view(answer).substr(0, bytes));
    if (resets) one.reset();
  });
  for (const bool with_reset : {false, true}) {
    resets = with_reset;
    for (bytes = 0; bytes < whole; ++bytes) {
      const auto why = failure_of({.url = server.url("ws")});
      EXPECT_EQ(why.what, trouble::lost) << bytes << ": " << why.detail;
      EXPECT_NE(why.detail.find("the connection ended in the opening handshake"),
                std::string::npos);
      EXPECT_FALSE(sink.opened);
    }
  }
  EXPECT_EQ(failure_of({.url = server.url("ws")}).what, trouble::lost);
  EXPECT_EQ(loop.watched(), 0u);
}

TEST_F(WebSocketFailure, an_end_after_any_byte_of_a_frame_is_lost_and_the_messages_before_are_not) {
  const std::string frames =
      "\x81\x03one"
      "\x01\x02tw"
      "\x80\x01o" +
      std::string("\x82\x7E\x01\x00", 4) + std::string(256, 'x') + "\x88";
  const auto complete = [&](std::size_t bytes) {
    return std::size_t{bytes >= 5} + std::size_t{bytes >= 12} + std::size_t{bytes >= 272};
  };
  std::size_t bytes = 0;
  raw_server server([&](peer& one) {
    one.accept_websocket();
    one.send(std::string_view(frames).substr(0, bytes));
  });
  for (; bytes <= frames.size(); bytes += bytes < 20 || bytes > 268 ? 1 : 31) {
    const auto why = failure_of({.url = server.url("ws")});
    EXPECT_EQ(why.what, trouble::lost);
    EXPECT_NE(why.detail.find("ended without a close frame"), std::string::npos) << why.detail;
    EXPECT_EQ(sink.count, complete(bytes)) << bytes;
  }
}

TEST_F(WebSocketFailure, what_came_before_a_reset_is_heard_although_writing_fails_first) {
  std::atomic<bool> done{false};
  raw_server server([&](peer& one) {
    one.accept_websocket();
    one.send_text("last words");
    done = true;
  });
  dial(server);
  sink.reaction = [&](const std::string& what) {
    if (what != "open") return;
    while (!done) std::this_thread::yield();
    std::this_thread::sleep_for(milliseconds(20));  // the end arrives
    socket->send_text("into the void");
  };
  EXPECT_EQ(failure().what, trouble::lost);
  EXPECT_EQ(sink.messages, std::vector<std::string>{"t:last words"});
}

TEST_F(WebSocketFailure, a_reset_while_much_is_waiting_is_lost) {
  raw_server server([](peer& one) {
    one.accept_websocket();
    one.read_exactly(100'000);
    one.reset();
  });
  dial(server);
  ASSERT_TRUE(opens());
  const std::string block(1'000'000, 'x');
  for (int i = 0; i < 20; ++i) socket->send(wire::frame::binary(block, wire::frame_class::event));
  const auto why = failure();
  EXPECT_EQ(why.what, trouble::lost);
  EXPECT_EQ(socket->queued_bytes(), 0u);
  EXPECT_EQ(sink.drained, 0);
}

// ---- broken frames

TEST_F(WebSocketFailure, what_is_against_the_protocol_is_answered_with_a_close_frame) {
  struct broken {
    std::string bytes;
    trouble what;
    unsigned code;
    std::string detail;
  };
  const std::vector<broken> all{
      {std::string("\x81\x80\0\0\0\0", 6), trouble::protocol, 1002, "frame is masked"},
      {"\xC1\x01x", trouble::protocol, 1002, "reserved bits are set"},
      {"\x83\x01x", trouble::protocol, 1002, "unknown opcode"},
      {"\x81\x01\xFF", trouble::protocol, 1007, "text is not utf-8"},
      {std::string("\x82\x7F\0\0\0\0\0\0\x10\x01", 10), trouble::too_big, 1009,
       "message of 4097 bytes, the limit is 4096"},
      {std::string("\x02\0\0\0\0\0\0\0\x80\0", 10), trouble::protocol, 1008,
       "message of 5 fragments, the limit is 4"},
  };
  std::string bytes;
  seen_frame answer;
  std::atomic<int> over{0};
  raw_server server([&](peer& one) {
    one.accept_websocket();
    one.send(bytes);
    answer = one.read_frame();
    one.finish_sending();
    over += one.sees_end();
  });
  int round = 0;
  for (const broken& one : all) {
    bytes = one.bytes;
    const auto why =
        failure_of({.url = server.url("ws"), .message_bytes_max = 4'096, .fragments_max = 4});
    EXPECT_EQ(why.what, one.what);
    EXPECT_EQ(why.detail, one.detail);
    ASSERT_TRUE(turn_until(loop, [&] { return over == round + 1; }));
    EXPECT_EQ(answer.opcode, 8u);
    EXPECT_EQ(answer.code(), one.code);
    ++round;
  }
}

TEST_F(WebSocketFailure, a_message_that_inflates_beyond_the_limit) {
  raw_server server([&](peer& one) {
    one.accept_websocket("Sec-WebSocket-Extensions: permessage-deflate\r\n");
    one.send_frame(0xC2, one.read_frame().payload);
    one.sees_end();
  });
  dial({.url = server.url("ws"), .deflate = wire::deflate_offer{}, .message_bytes_max = 4'096});
  ASSERT_TRUE(opens());
  socket->send(wire::frame::binary(std::string(100'000, 'x'), wire::frame_class::event));
  const auto why = failure();
  EXPECT_EQ(why.what, trouble::too_big);
  EXPECT_EQ(why.detail, "message that inflates to more than 4096 bytes");
}

// ---- time

TEST_F(WebSocketFailure, a_handshake_that_takes_too_long_is_given_up) {
  raw_server server([](peer& one) {
    one.read_head();
    one.send("HTTP/1.1 101 Wait");
    one.sees_end();
  });
  const auto why = failure_of({.url = server.url("ws"), .handshake_timeout = milliseconds(50)});
  EXPECT_EQ(why.what, trouble::timeout);
  EXPECT_EQ(why.detail,
            "no WebSocket of 127.0.0.1:" + std::to_string(server.port()) + " within 50 ms");
  EXPECT_EQ(loop.watched(), 0u);
}

TEST_F(WebSocketFailure, the_time_for_the_handshake_ends_with_it) {
  raw_server server([](peer& one) {
    one.accept_websocket();
    one.sees_end();
  });
  dial({.url = server.url("ws"), .handshake_timeout = milliseconds(200)});
  ASSERT_TRUE(opens());
  turn_for(loop, milliseconds(300));
  EXPECT_FALSE(sink.why);
  socket.reset();
}

}  // namespace
}  // namespace socketio::test
