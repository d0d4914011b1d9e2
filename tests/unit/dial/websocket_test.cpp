// A WebSocket over plain TCP that works: the handshake, messages in both directions, turns, and how
// it is closed. What fails is in websocket_failure_test.cpp.
#include "dial/websocket.hpp"

#include "unit/dial/websocket_fixture.hpp"
#include "wire/deflate.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <set>
#include <sys/socket.h>

namespace socketio::test {
namespace {

using dial::trouble;
using dial::websocket_request;
using WebSocket = websocket_fixture;

// ---- the opening handshake

TEST_F(WebSocket, opens_with_a_handshake) {
  std::string request;
  raw_server server([&](peer& one) {
    one.accept(request = one.read_head(), "X-Server: here\r\n");
    one.sees_end();
  });
  dial({.url = server.url("ws") + "/socket.io/?EIO=4&transport=websocket",
        .headers = {{"Origin", "http://me"}, {"X-Mine", "1"}, {"sec-websocket-key", "mine"}}});
  ASSERT_TRUE(opens());
  EXPECT_TRUE(socket->is_open());
  EXPECT_EQ(sink.opened->headers["x-server"], "here");
  EXPECT_EQ(sink.opened->protocol, "");
  EXPECT_FALSE(sink.opened->deflate);
  EXPECT_TRUE(request.starts_with("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"));
  EXPECT_EQ(header_of(request, "host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(header_of(request, "upgrade"), "websocket");
  EXPECT_EQ(header_of(request, "connection"), "Upgrade");
  EXPECT_EQ(header_of(request, "sec-websocket-version"), "13");
  EXPECT_EQ(header_of(request, "sec-websocket-key").size(), 24u);
  EXPECT_EQ(header_of(request, "sec-websocket-extensions"), "");
  EXPECT_EQ(header_of(request, "origin"), "http://me");
  EXPECT_EQ(header_of(request, "x-mine"), "1");
  socket.reset();
}

TEST_F(WebSocket, keys_and_masks_are_never_the_same) {
  std::set<std::string> keys, masks;
  std::mutex mutex;
  raw_server server([&](peer& one) {
    const std::string key = header_of(one.accept_websocket(), "sec-websocket-key");
    const std::string frames = one.read_exactly(2 * (2 + 4 + 1));
    const std::lock_guard lock(mutex);
    keys.insert(key);
    masks.insert(frames.substr(2, 4));
    masks.insert(frames.substr(9, 4));
  });
  for (int i = 0; i < 5; ++i) {
    sink = {};
    dial(server);
    ASSERT_TRUE(opens());
    socket->send_text("x");
    socket->send_text("x");
    ASSERT_TRUE(turn_until(loop, [&] { return sink.why.has_value(); }));
  }
  const std::lock_guard lock(mutex);
  EXPECT_EQ(keys.size(), 5u);
  EXPECT_EQ(masks.size(), 10u);
}

TEST_F(WebSocket, the_password_of_the_url_is_sent) {
  std::string request;
  raw_server server([&](peer& one) { one.accept(request = one.read_head()); });
  dial({.url = "ws://ann:s%20t@127.0.0.1:" + std::to_string(server.port())});
  ASSERT_TRUE(opens());
  EXPECT_EQ(header_of(request, "authorization"), "Basic YW5uOnMgdA==");
  EXPECT_TRUE(request.starts_with("GET / HTTP/1.1\r\n"));
}

TEST_F(WebSocket, protocols_are_offered_and_one_is_chosen) {
  std::string request;
  raw_server server(
      [&](peer& one) { one.accept(request = one.read_head(), "Sec-WebSocket-Protocol: b\r\n"); });
  dial({.url = server.url("ws"), .protocols = {"a", "b"}});
  ASSERT_TRUE(opens());
  EXPECT_EQ(header_of(request, "sec-websocket-protocol"), "a, b");
  EXPECT_EQ(sink.opened->protocol, "b");
}

TEST_F(WebSocket, reads_a_handshake_that_comes_byte_by_byte_with_a_message_behind_it) {
  raw_server server([](peer& one) {
    const std::string request = one.read_head();
    std::string all =
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Sure\r\nUPGRADE: WebSocket\r\n"
        "connection: keep-alive, upgrade\r\nsec-websocket-accept: " +
        accept_of(request) + "\r\n\r\n\x81\x02hi";
    for (const char c : all) one.send({&c, 1});
    one.sees_end();
  });
  dial(server);
  ASSERT_TRUE(hears(1));
  EXPECT_EQ(sink.messages, std::vector<std::string>{"t:hi"});
  socket.reset();
}

// ---- messages

TEST_F(WebSocket, messages_of_all_sizes_go_both_ways_in_order) {
  const std::vector<std::size_t> sizes{0, 1, 125, 126, 65'535, 65'536, 1'000'000};
  std::vector<seen_frame> seen;
  raw_server server([&](peer& one) {
    one.accept_websocket();
    for (const std::size_t size : sizes) {
      seen.push_back(one.read_frame());
      one.send_frame(seen.back().opcode | 0x80, std::string(size, 's'));
    }
    one.sees_end();
  });
  dial(server);
  ASSERT_TRUE(opens());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::string text(sizes[i], 'c');
    if (i % 2)
      socket->send(wire::frame::binary(text, wire::frame_class::event));
    else
      socket->send(wire::frame::text({text}, wire::frame_class::event));
  }
  EXPECT_GT(socket->queued_bytes(), 1'100'000u);
  ASSERT_TRUE(hears(sizes.size()));
  EXPECT_EQ(socket->queued_bytes(), 0u);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(seen[i].opcode, i % 2 ? 2u : 1u);
    EXPECT_TRUE(seen[i].masked);
    EXPECT_EQ(seen[i].payload, std::string(sizes[i], 'c'));
    EXPECT_EQ(sink.messages[i], (i % 2 ? "b:" : "t:") + std::string(sizes[i], 's'));
  }
  socket.reset();
}

TEST_F(WebSocket, what_is_sent_before_it_is_open_or_behind_its_end_is_ignored) {
  raw_server server([](peer& one) {
    one.accept_websocket();
    EXPECT_EQ(one.read_frame().payload, "now");
    one.send_frame(0x88, "");
  });
  dial(server);
  socket->send_text("too early");
  ASSERT_TRUE(opens());
  socket->send_text("now");
  failure();
  socket->send_text("too late");
  EXPECT_EQ(socket->queued_bytes(), 0u);
}

TEST_F(WebSocket, says_when_everything_was_taken) {
  raw_server server([](peer& one) {
    one.accept_websocket();
    while (one.read_frame().opcode == 1) {
    }
  });
  dial(server);
  ASSERT_TRUE(opens());
  turn_for(loop, milliseconds(5));
  EXPECT_EQ(sink.drained, 0);
  for (int i = 0; i < 100; ++i) socket->send_text("one turn");
  ASSERT_TRUE(turn_until(loop, [&] { return sink.drained > 0; }));
  turn_for(loop, milliseconds(5));
  EXPECT_EQ(sink.drained, 1);
  socket.reset();
}

TEST_F(WebSocket, a_peer_that_does_not_read_makes_it_wait) {
  std::atomic<bool> may_read{false};
  std::size_t bytes = 0;
  raw_server server([&](peer& one) {
    one.accept_websocket();
    while (!may_read) std::this_thread::yield();
    for (seen_frame seen; (seen = one.read_frame()).opcode == 2; bytes += seen.payload.size()) {
    }
  });
  dial(server);
  ASSERT_TRUE(opens());
  const std::string block(1'000'000, 'x');
  for (int i = 0; i < 30; ++i) socket->send(wire::frame::binary(block, wire::frame_class::event));
  turn_for(loop, milliseconds(50));
  EXPECT_GT(socket->queued_bytes(), 1'000'000u);
  EXPECT_EQ(sink.drained, 0);
  const auto turns = loop.turn();
  turn_for(loop, milliseconds(20));
  EXPECT_LT(loop.turn() - turns, 10u) << "it spins";
  may_read = true;
  ASSERT_TRUE(turn_until(loop, [&] { return sink.drained == 1; }));
  socket->close();
  socket.reset();
  ASSERT_TRUE(turn_until(loop, [&] { return loop.watched() == 0; }));
  server.stop();
}

TEST_F(WebSocket, pings_are_answered_and_fragments_joined) {
  std::vector<seen_frame> seen;
  raw_server server([&](peer& one) {
    one.accept_websocket();
    one.send_frame(0x01, "fra");
    one.send_frame(0x89, "are you there");
    one.send_frame(0x00, "gmen");
    one.send_frame(0x8A, "an unasked pong");
    one.send_frame(0x80, "ted");
    seen.push_back(one.read_frame());
    one.send_text("done");
    one.sees_end();
  });
  dial(server);
  ASSERT_TRUE(hears(2));
  EXPECT_EQ(sink.messages, (std::vector<std::string>{"t:fragmented", "t:done"}));
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].opcode, 10u);
  EXPECT_TRUE(seen[0].masked);
  EXPECT_EQ(seen[0].payload, "are you there");
  EXPECT_EQ(sink.drained, 0) << "a pong is nothing that was sent";
  EXPECT_EQ(sink.pongs, std::vector<std::string>{"an unasked pong"});
  socket.reset();
}

// RFC 6455, 5.5.2: the ping stands behind what was sent before it.
TEST_F(WebSocket, asks_whether_the_peer_has_read) {
  std::vector<seen_frame> seen;
  raw_server server([&](peer& one) {
    one.accept_websocket();
    for (int i = 0; i < 3; ++i) seen.push_back(one.read_frame());
    one.send_frame(0x8A, "7");
    one.sees_end();
  });
  dial(server);
  socket->ping("too early");
  ASSERT_TRUE(opens());
  socket->send_text("one");
  socket->ping("7");
  socket->send_text("two");
  ASSERT_TRUE(turn_until(loop, [&] { return !sink.pongs.empty(); }));
  EXPECT_EQ(sink.pongs, std::vector<std::string>{"7"});
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].payload, "one");
  EXPECT_EQ(seen[1].opcode, 9u);
  EXPECT_TRUE(seen[1].masked);
  EXPECT_EQ(seen[1].payload, "7");
  EXPECT_EQ(seen[2].payload, "two");
  socket.reset();
}

// ---- turns

TEST_F(WebSocket, a_turn_hands_out_256_messages_at_most_and_loses_none) {
  constexpr int total = 5'000;
  std::atomic<bool> sent{false};
  raw_server server([&](peer& one) {
    one.accept_websocket();
    std::string frames;
    for (int i = 0; i < total; ++i) frames += "\x81\x01x";
    one.send(frames);
    sent = true;
    one.sees_end();
  });
  dial(server);
  ASSERT_TRUE(opens());
  while (!sent) std::this_thread::yield();
  std::size_t most = 0;
  while (sink.count < total && !sink.why) {
    const std::size_t before = sink.count;
    loop.poll();
    most = std::max(most, sink.count - before);
  }
  EXPECT_EQ(sink.count, static_cast<std::size_t>(total));
  EXPECT_EQ(most, 256u);
  socket.reset();
}

TEST_F(WebSocket, a_backlog_needs_no_more_bytes_to_be_handed_out) {
  raw_server server([&](peer& one) {
    one.accept_websocket();
    std::string frames;
    for (int i = 0; i < 1'000; ++i) frames += "\x81\x01x";
    one.send(frames);  // and nothing more
    one.sees_end();
  });
  dial(server);
  ASSERT_TRUE(hears(1'000));
  const auto turns = loop.turn();
  turn_for(loop, milliseconds(20));
  EXPECT_LT(loop.turn() - turns, 10u) << "it spins";
  socket.reset();
}

// ---- permessage-deflate

TEST_F(WebSocket, compresses_when_both_want_to) {
  std::string request;
  std::vector<seen_frame> seen;
  const std::string text(5'000, 'z');
  raw_server server([&](peer& one) {
    one.accept(request = one.read_head(),
               "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n");
    seen.push_back(one.read_frame());
    seen.push_back(one.read_frame());
    one.send_frame(0xC1, seen[0].payload);  // as it came
    one.sees_end();
  });
  dial({.url = server.url("ws"), .deflate = wire::deflate_offer{}});
  ASSERT_TRUE(opens());
  EXPECT_TRUE(sink.opened->deflate);
  EXPECT_TRUE(header_of(request, "sec-websocket-extensions").starts_with("permessage-deflate"));
  socket->send(wire::frame::text({text}, wire::frame_class::event));
  socket->send(wire::frame::text({"short"}, wire::frame_class::event));
  ASSERT_TRUE(hears(1));
  EXPECT_EQ(sink.messages[0], "t:" + text);
  EXPECT_TRUE(seen[0].rsv1);
  EXPECT_LT(seen[0].payload.size(), 100u);
  EXPECT_FALSE(seen[1].rsv1);
  EXPECT_EQ(seen[1].payload, "short");
  socket.reset();
}

TEST_F(WebSocket, an_offer_that_is_declined_is_no_failure) {
  raw_server server([](peer& one) {
    one.accept_websocket();
    EXPECT_EQ(one.read_frame().payload, std::string(5'000, 'z'));
    one.send_frame(0x88, "");
  });
  dial({.url = server.url("ws"), .deflate = wire::deflate_offer{}});
  ASSERT_TRUE(opens());
  EXPECT_FALSE(sink.opened->deflate);
  socket->send(wire::frame::text({std::string(5'000, 'z')}, wire::frame_class::event));
  failure();
}

// ---- closing

TEST_F(WebSocket, closes_behind_what_was_sent_although_the_websocket_has_gone) {
  std::vector<seen_frame> seen;
  std::atomic<bool> ended{false};
  raw_server server([&](peer& one) {
    one.accept_websocket();
    for (int i = 0; i < 3; ++i) seen.push_back(one.read_frame());
    one.send_text("something more");
    one.send_frame(0x88, seen[2].payload);
    one.finish_sending();
    ended = one.sees_end();
  });
  dial(server);
  ASSERT_TRUE(opens());
  socket->send_text("last");
  socket->send_text("words");
  socket->close(1000);
  EXPECT_FALSE(socket->is_open());
  socket->send_text("too late");
  socket.reset();
  ASSERT_TRUE(turn_until(loop, [&] { return ended.load(); }));
  EXPECT_EQ(loop.watched(), 0u);
  EXPECT_FALSE(sink.why);
  EXPECT_EQ(sink.count, 0u);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].payload, "last");
  EXPECT_EQ(seen[1].payload, "words");
  EXPECT_EQ(seen[2].opcode, 8u);
  EXPECT_EQ(seen[2].code(), 1000u);
}

TEST_F(WebSocket, a_peer_that_does_not_close_is_cut_in_time) {
  std::atomic<bool> ended{false};
  raw_server server([&](peer& one) {
    one.accept_websocket();
    EXPECT_EQ(one.read_frame().opcode, 8u);
    ended = one.sees_end();
  });
  dial({.url = server.url("ws"), .close_timeout = milliseconds(50)});
  ASSERT_TRUE(opens());
  const auto begin = clock::now();
  socket->close();
  ASSERT_TRUE(turn_until(loop, [&] { return ended.load(); }));
  EXPECT_GE(clock::now() - begin, milliseconds(50));
  EXPECT_EQ(loop.watched(), 0u);
}

TEST_F(WebSocket, abort_and_destruction_cut_at_once) {
  std::atomic<int> ended{0};
  raw_server server([&](peer& one) {
    one.accept_websocket();
    ended += one.sees_end();
  });
  for (const bool aborts : {true, false}) {
    sink = {};
    dial(server);
    ASSERT_TRUE(opens());
    socket->send_text("never");
    if (aborts)
      socket->abort();
    else
      socket.reset();
    EXPECT_EQ(loop.watched(), 0u);
  }
  ASSERT_TRUE(turn_until(loop, [&] { return ended == 2; }));
  EXPECT_FALSE(sink.why);
}

TEST_F(WebSocket, may_be_ended_while_it_is_made) {
  raw_server server([](peer& one) { one.read_until("something that never comes"); });
  dial(server);
  socket.reset();
  dial(server);
  socket->close();
  socket.reset();
  dial(server);
  ASSERT_TRUE(turn_until(loop, [&] { return server.accepted() > 0; }));
  socket->abort();
  socket.reset();
  turn_for(loop, milliseconds(10));
  EXPECT_EQ(sink.last, "");
  EXPECT_EQ(loop.watched(), 0u);
}

TEST_F(WebSocket, the_peers_close_frame_is_told_and_answered) {
  std::vector<seen_frame> seen;
  std::atomic<bool> ended{false};
  raw_server server([&](peer& one) {
    one.accept_websocket();
    one.send_text("before");
    one.send_frame(0x88, "\x0F\xA1reason");  // 4001
    one.send_text("behind");
    seen.push_back(one.read_frame());
    one.finish_sending();
    ended = one.sees_end();
  });
  dial(server);
  const auto why = failure();
  EXPECT_EQ(why.what, trouble::closed);
  EXPECT_EQ(why.close_code, 4001);
  EXPECT_EQ(why.detail, "close frame with code 4001: reason");
  EXPECT_EQ(sink.messages, std::vector<std::string>{"t:before"});
  ASSERT_TRUE(turn_until(loop, [&] { return ended.load() && loop.watched() == 0; }));
  EXPECT_EQ(seen[0].opcode, 8u);
  EXPECT_EQ(seen[0].code(), 4001u);
}

TEST_F(WebSocket, a_close_frame_without_a_code_is_1005) {
  raw_server server([](peer& one) {
    one.accept_websocket();
    one.send_frame(0x88, "");
    EXPECT_EQ(one.read_frame().payload, "");
  });
  dial(server);
  EXPECT_EQ(failure().close_code, 1005);
  EXPECT_EQ(sink.why->detail, "close frame without a code");
}

TEST_F(WebSocket, the_reactor_takes_those_that_leave_with_it) {
  raw_server server([](peer& one) {
    one.accept_websocket();
    one.sees_end();
  });
  auto short_lived = std::make_unique<dial::reactor>();
  {
    dial::websocket one(*short_lived, options, {.url = server.url("ws")}, sink);
    ASSERT_TRUE(turn_until(*short_lived, [&] { return sink.opened.has_value(); }));
    one.close();
  }
  short_lived->poll();
  EXPECT_EQ(short_lived->watched(), 1u);
  short_lived.reset();
}

TEST_F(WebSocket, a_plain_one_costs_one_descriptor_and_nobody_elses) {
  raw_server server([](peer& one) {
    one.accept_websocket();
    one.sees_end();
  });
  const auto descriptors = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const auto before = descriptors();
  std::vector<std::unique_ptr<recording_websocket_sink>> sinks;
  std::vector<std::unique_ptr<dial::websocket>> sockets;
  for (int i = 0; i < 10; ++i) {
    sinks.push_back(std::make_unique<recording_websocket_sink>());
    sockets.push_back(std::make_unique<dial::websocket>(
        loop, options, websocket_request{.url = server.url("ws")}, *sinks.back()));
  }
  for (const auto& one : sinks)
    ASSERT_TRUE(turn_until(loop, [&] { return one->opened.has_value(); }));
  EXPECT_EQ(descriptors() - before, 2 * 10) << "ours and the server's";
  EXPECT_EQ(loop.watched(), 10u);
}

// ---- everything may go in each call

class WebSocketThatGoes : public websocket_fixture,
                          public ::testing::WithParamInterface<const char*> {};

TEST_P(WebSocketThatGoes, in_a_call) {
  raw_server server([](peer& one) {
    one.accept_websocket();
    one.send_text("one");
    one.send_text("two");
    one.read_frame();
    one.send_frame(0x88, "");
    one.sees_end();
  });
  bool gone = false;
  sink.reaction = [&](const std::string& what) {
    EXPECT_FALSE(gone) << what;
    if (what == "open") socket->send_text("x");
    if (what != GetParam()) return;
    gone = true;
    socket.reset();
  };
  dial(server);
  ASSERT_TRUE(turn_until(loop, [&] { return gone; }));
  turn_for(loop, milliseconds(10));
  EXPECT_FALSE(socket);
}

// With the reactor on which it happens.
TEST_P(WebSocketThatGoes, with_its_reactor) {
  raw_server server([](peer& one) {
    one.accept_websocket();
    one.send_text("one");
    one.send_text("two");
    one.read_frame();
    one.send_frame(0x88, "");
    one.sees_end();
  });
  auto short_lived = std::make_unique<dial::reactor>();
  auto one = std::make_unique<dial::websocket>(*short_lived, options,
                                               websocket_request{.url = server.url("ws")}, sink);
  sink.reaction = [&](const std::string& what) {
    EXPECT_TRUE(one) << what;
    if (what == "open") one->send_text("x");
    if (what != GetParam()) return;
    one.reset();
    short_lived.reset();
  };
  const auto end = clock::now() + std::chrono::seconds(10);
  while (short_lived && clock::now() < end) short_lived->poll();
  EXPECT_FALSE(short_lived);
}

// The reactor ends before it has read what came last: the peer reads the last words, and an end.
TEST_F(WebSocket, what_nobody_reads_does_not_reset_the_last_words) {
  std::promise<void> opened, sent, gone, over;
  std::string heard;
  ssize_t last = -2;
  raw_server server([&](peer& one) {
    one.accept_websocket();
    opened.get_future().wait();
    one.send_text("nobody reads this");
    sent.set_value();
    gone.get_future().wait();
    char bytes[256];
    while ((last = ::recv(one.descriptor(), bytes, sizeof bytes, 0)) > 0)
      heard.append(bytes, static_cast<std::size_t>(last));
    over.set_value();
  });
  auto ends = std::make_unique<dial::reactor>();
  auto one = std::make_unique<dial::websocket>(*ends, options,
                                               websocket_request{.url = server.url("ws")}, sink);
  ASSERT_TRUE(turn_until(*ends, [&] { return sink.opened.has_value(); }));
  opened.set_value();
  sent.get_future().wait();
  one->send_text("last");
  one->close();
  one.reset();
  ends->stop();
  ends->run();
  ends.reset();
  gone.set_value();
  over.get_future().wait();
  EXPECT_EQ(heard.size(), 6u + 4 + 6) << "a masked text frame, and a close frame";
  EXPECT_EQ(last, 0) << "it was reset";
}

INSTANTIATE_TEST_SUITE_P(Each, WebSocketThatGoes,
                         ::testing::Values("open", "message", "drained", "closed"));

}  // namespace
}  // namespace socketio::test
