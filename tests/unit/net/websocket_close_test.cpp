// Every way in which a WebSocket connection ends: what the peer sees, what the sink is told (ER-11,
// WS-06, WS-19), and that nothing stays behind.
#include "unit/net/websocket_fixture.hpp"

#include <gtest/gtest.h>

namespace socketio::test {
namespace {

class WebSocketClose : public websocket_fixture {
 protected:
  WebSocketClose() { websocket_limits.close_timeout = milliseconds(100); }

  // The violation `bytes` ends the connection in the way that is expected.
  void expect_violation(const std::string& bytes, unsigned code, cause what,
                        const std::string& text = "") {
    raw_client client(port);
    ASSERT_EQ(client.open_websocket(), 101u);
    ASSERT_TRUE(accepted.take());
    client.send(bytes);
    const auto closing = sink.closings.take();
    ASSERT_TRUE(closing);
    EXPECT_EQ(closing->why, reason::transport_error);
    EXPECT_EQ(closing->what, what) << to_string(closing->what);
    EXPECT_FALSE(closing->detail.empty());
    const auto frame = client.read_frame();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame.opcode, 8u);
    EXPECT_EQ(frame.code(), code);
    EXPECT_EQ(frame.text(), closing->detail);
    if (!text.empty()) {
      EXPECT_EQ(frame.text(), text);
    }
    EXPECT_TRUE(client.sees_end());
    client.close();
    EXPECT_TRUE(no_connection_is_left());
  }
};

// ---- the peer closes

TEST_F(WebSocketClose, WS19_the_code_of_the_peer_is_echoed) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(close_frame(std::string("\x03\xE9", 2) + "going away"));
  const auto frame = client.read_frame();
  EXPECT_EQ(frame.opcode, 8u);
  EXPECT_EQ(frame.code(), 1001u);
  EXPECT_TRUE(client.sees_end());
  const auto closing = sink.closings.take();
  EXPECT_EQ(closing->why, reason::transport_close);
  EXPECT_EQ(closing->what, cause::closed_by_peer);
  EXPECT_EQ(closing->detail, "close frame with code 1001: going away");
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(WebSocketClose, a_close_without_a_code_is_answered_without_one) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(close_frame("") + text_frame("too late"));
  EXPECT_EQ(client.read_frame().payload, "");
  EXPECT_TRUE(client.sees_end());
  EXPECT_EQ(sink.closings.take()->detail, "close frame without a code");
  EXPECT_TRUE(sink.messages.empty());
}

TEST_F(WebSocketClose, messages_before_the_close_frame_are_heard_first) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(text_frame("1") + text_frame("2") + close_frame(""));
  client.finish_sending();
  EXPECT_EQ(sink.messages.take(), "t:1");
  EXPECT_EQ(sink.messages.take(), "t:2");
  EXPECT_EQ(sink.closings.take()->what, cause::closed_by_peer);
}

TEST_F(WebSocketClose, an_end_without_close_frame_is_a_lost_connection) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(text_frame("last words"));
  client.close();
  EXPECT_EQ(sink.messages.take(), "t:last words");
  const auto closing = sink.closings.take();
  EXPECT_EQ(closing->why, reason::transport_close);
  EXPECT_EQ(closing->what, cause::connection_lost);
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(WebSocketClose, a_reset_is_a_lost_connection) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  ASSERT_TRUE(accepted.take());
  client.reset();
  const auto closing = sink.closings.take();
  EXPECT_EQ(closing->why, reason::transport_close);
  EXPECT_EQ(closing->what, cause::connection_lost);
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(WebSocketClose, a_reset_while_writing_is_told_once) {
  serve();
  raw_client client(port, slow_reader);
  ASSERT_EQ(client.open_websocket(), 101u);
  on_shard([this] { push(std::string(more_than_the_kernel_takes, 'x')); });
  client.reset();
  EXPECT_EQ(sink.closings.take()->what, cause::connection_lost);
  on_shard([this] {
    push("into nothing");
    EXPECT_EQ(sink.times_closed, 1);
  });
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(WebSocketClose, what_the_peer_said_before_it_vanished_is_heard_although_writing_fails) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  ASSERT_TRUE(accepted.take());
  mailbox<int> blocked;
  mailbox<int> go_on;
  shard().post([&] {
    blocked.put(0);
    go_on.take();
    push("nobody reads this");
  });
  ASSERT_TRUE(blocked.take());
  client.send(text_frame("farewell") + close_frame(std::string("\x03\xE8", 2)));
  client.close();
  go_on.put(0);
  EXPECT_EQ(sink.messages.take(), "t:farewell");
  EXPECT_EQ(sink.closings.take()->what, cause::closed_by_peer);
}

// ---- the peer breaks the protocol

TEST_F(WebSocketClose, ER11_a_message_over_the_limit_is_answered_with_1009_and_the_numbers) {
  websocket_limits.message_bytes_max = 1000;
  serve();
  expect_violation(text_frame(std::string(1001, 'x')), 1009, cause::message_too_big,
                   "message of 1001 bytes, the limit is 1000");
  // Only the head is needed to know.
  expect_violation(text_frame(std::string(5000, 'x')).substr(0, 14), 1009, cause::message_too_big,
                   "message of 5000 bytes, the limit is 1000");
  expect_violation(
      client_frame(0x01, std::string(600, 'x')) + client_frame(0x80, std::string(600, 'x')), 1009,
      cause::message_too_big, "message of 1200 bytes, the limit is 1000");
}

TEST_F(WebSocketClose, too_many_fragments_are_answered_with_1008_and_the_numbers) {
  websocket_limits.fragments_max = 3;
  serve();
  std::string fragments = client_frame(0x01, "a");
  for (int i = 0; i < 3; ++i) fragments += client_frame(0x00, "b");
  expect_violation(fragments, 1008, cause::too_many_fragments,
                   "message of 4 fragments, the limit is 3");
}

TEST_F(WebSocketClose, WS19_text_that_is_not_utf8_is_answered_with_1007) {
  serve();
  expect_violation(text_frame("\xC0\xAF"), 1007, cause::invalid_utf8);
  expect_violation(client_frame(0x01, "\xE2\x82") + client_frame(0x80, "("), 1007,
                   cause::invalid_utf8);
  expect_violation(close_frame(std::string("\x03\xE8", 2) + "\xFF"), 1007, cause::invalid_utf8);
}

TEST_F(WebSocketClose, WS19_frames_against_the_rfc_are_answered_with_1002) {
  serve();
  const std::vector<std::string> violations{
      client_frame(0x81, "unmasked", false),
      client_frame(0xC1, "reserved bit"),
      client_frame(0x83, "unknown opcode"),
      client_frame(0x09, "fragmented ping"),
      client_frame(0x89, std::string(126, 'x')),
      client_frame(0x80, "nothing to continue"),
      client_frame(0x01, "a") + client_frame(0x81, "b"),
      close_frame("x"),
      close_frame(std::string("\x03\xED", 2)),  // 1005 may not be sent
  };
  for (const std::string& bytes : violations) {
    SCOPED_TRACE(bytes);
    expect_violation(bytes, 1002, cause::malformed_frame);
  }
}

TEST_F(WebSocketClose, a_client_that_sends_on_after_a_violation_still_reads_why) {
  websocket_limits.close_timeout = milliseconds(5'000);
  websocket_limits.message_bytes_max = 1000;
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(text_frame(std::string(4'000'000, 'x')));
  EXPECT_EQ(client.read_frame().code(), 1009u);
  EXPECT_TRUE(client.sees_end());
  client.close();
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(WebSocketClose, a_peer_that_floods_after_a_violation_is_cut) {
  websocket_limits.close_timeout = milliseconds(60'000);
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(client_frame(0x83, "wrong"));
  const std::string flood(40'000'000, 'x');
  EXPECT_LT(client.send_until_full(flood), flood.size());
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(WebSocketClose, a_violation_while_a_frame_is_half_written_does_not_cut_it) {
  websocket_limits.close_timeout = milliseconds(5'000);
  serve();
  raw_client client(port, slow_reader);
  ASSERT_EQ(client.open_websocket(), 101u);
  const std::string block(more_than_the_kernel_takes, 'b');
  on_shard([&] { push(block); });
  client.send(client_frame(0x83, "wrong"));
  ASSERT_TRUE(sink.closings.take());
  EXPECT_TRUE(client.read_frame().payload == block);
  EXPECT_EQ(client.read_frame().code(), 1002u);
  EXPECT_TRUE(client.sees_end());
}

// ---- we close

TEST_F(WebSocketClose, WS06_our_close_has_no_status_code) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  on_shard([this] { websocket->close(false); });
  const auto frame = client.read_frame();
  EXPECT_EQ(frame.opcode, 8u);
  EXPECT_EQ(frame.payload, "");
  client.send(text_frame("not heard any more") + close_frame(""));
  EXPECT_TRUE(client.sees_end());
  EXPECT_TRUE(no_connection_is_left());
  EXPECT_TRUE(sink.messages.empty());
  EXPECT_TRUE(sink.closings.empty());  // whoever closes is not told
}

TEST_F(WebSocketClose, a_close_may_carry_a_code_and_a_reason) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  on_shard([this] { websocket->close(false, 4000, "because"); });
  const auto frame = client.read_frame();
  EXPECT_EQ(frame.code(), 4000u);
  EXPECT_EQ(frame.text(), "because");
}

TEST_F(WebSocketClose, a_peer_that_does_not_answer_the_close_loses_the_connection) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  on_shard([this] { websocket->close(false); });
  EXPECT_EQ(client.read_frame().opcode, 8u);
  EXPECT_TRUE(client.sees_end());
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(WebSocketClose, a_peer_that_neither_reads_nor_answers_loses_the_connection) {
  serve();
  raw_client client(port, slow_reader);
  ASSERT_EQ(client.open_websocket(), 101u);
  on_shard([this] {
    push(std::string(more_than_the_kernel_takes, 'x'));
    websocket->close(true);
    EXPECT_TRUE(queue.empty());  // it was moved out of
  });
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(WebSocketClose, HS31_a_close_behind_the_queue_writes_it_first) {
  websocket_limits.close_timeout = milliseconds(5'000);
  serve();
  raw_client client(port, slow_reader);
  ASSERT_EQ(client.open_websocket(), 101u);
  const std::string block(100'000, 'b');
  on_shard([&] {
    for (int i = 0; i < 100; ++i) push(std::to_string(i) + block);
    websocket->close(true);
    websocket.reset();
  });
  for (int i = 0; i < 100; ++i) {
    const auto frame = client.read_frame();
    ASSERT_TRUE(frame);
    ASSERT_TRUE(frame.payload == std::to_string(i) + block) << i;
  }
  EXPECT_EQ(client.read_frame().opcode, 8u);
  client.send(close_frame(""));
  EXPECT_TRUE(client.sees_end());
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(WebSocketClose, a_close_behind_long_work_has_its_full_time) {
  websocket_limits.close_timeout = milliseconds(2'000);
  serve();
  raw_client client(port, slow_reader);
  ASSERT_EQ(client.open_websocket(), 101u);
  const std::string block(more_than_the_kernel_takes, 'b');
  on_shard([&] {
    std::this_thread::sleep_for(milliseconds(2'200));
    push(block);
    websocket->close(true);
  });
  EXPECT_TRUE(client.read_frame().payload == block);
  EXPECT_EQ(client.read_frame().opcode, 8u);
}

TEST_F(WebSocketClose, a_close_before_the_queue_finishes_only_the_frame_that_has_begun) {
  websocket_limits.close_timeout = milliseconds(5'000);
  serve();
  raw_client client(port, slow_reader);
  ASSERT_EQ(client.open_websocket(), 101u);
  const std::string block(more_than_the_kernel_takes, 'b');
  on_shard([&] {
    push(block);
    push("dropped");
  });
  ASSERT_TRUE(eventually([&] { return on_shard([&] { return queue.inside_frame(); }); }));
  on_shard([this] {
    websocket->close(false);
    queue.clear();
  });
  EXPECT_TRUE(client.read_frame().payload == block);
  EXPECT_EQ(client.read_frame().opcode, 8u);
}

TEST_F(WebSocketClose, closing_inside_a_message_callback_hears_nothing_more) {
  sink.on_message = [this](std::string_view) { websocket->close(false); };
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(text_frame("1") + text_frame("2"));
  EXPECT_EQ(client.read_frame().opcode, 8u);
  EXPECT_EQ(sink.messages.take(), "t:1");
  EXPECT_TRUE(sink.messages.empty());
}

TEST_F(WebSocketClose, aborting_inside_a_message_callback_hears_nothing_more) {
  sink.on_message = [this](std::string_view) {
    websocket->abort();
    websocket.reset();
  };
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(text_frame("1") + text_frame("2"));
  EXPECT_TRUE(client.sees_end());
  EXPECT_EQ(sink.messages.take(), "t:1");
  EXPECT_TRUE(sink.messages.empty());
  EXPECT_TRUE(all_connections_end());
}

TEST_F(WebSocketClose, a_websocket_without_sink_and_owner_goes_on_until_the_peer_ends_it) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  on_shard([this] {
    websocket->set_sink(nullptr);
    websocket->set_queue(nullptr);
    websocket.reset();
  });
  client.send(client_frame(0x89, "still there?"));
  EXPECT_EQ(client.read_frame().opcode, 10u);
  EXPECT_EQ(connections(), 1u);
  client.close();
  EXPECT_TRUE(all_connections_end());
}

// ---- the listener ends

TEST_F(WebSocketClose, close_connections_cuts_and_tells) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  on_shard([this] { listener().close_connections(); });
  EXPECT_TRUE(client.sees_end());
  const auto closing = sink.closings.take();
  EXPECT_EQ(closing->why, reason::forced_close);
  EXPECT_EQ(closing->what, cause::server_close);
  EXPECT_EQ(connections(), 0u);
}

TEST_F(WebSocketClose, nothing_is_called_after_the_listener_is_gone) {
  serve();
  raw_client first(port);
  ASSERT_EQ(first.open_websocket(), 101u);
  ASSERT_TRUE(accepted.take());
  first.send(text_frame("half").substr(0, 4));
  stop_listening();
  ASSERT_TRUE(sink.closings.take());
  on_shard([this] {
    websocket->flush_later();
    websocket->send_text("into nothing");
    websocket->close(true);
    websocket->abort();
    EXPECT_EQ(sink.times_closed, 1);
  });
  EXPECT_TRUE(first.sees_end());
}

}  // namespace
}  // namespace socketio::test
