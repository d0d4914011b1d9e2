// How many messages one turn hands out, and that the others are handed out too, in their order,
// whatever happens between two turns.
#include "unit/net/websocket_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>

namespace socketio::test {
namespace {

using net::messages_per_turn_max;

class WebSocketTurns : public websocket_fixture {
 protected:
  WebSocketTurns() {
    sink.on_message = [this](std::string_view data) {
      if (data != std::to_string(seen_++)) in_order_ = false;
      most_ = std::max(most_, ++by_turn_[shard().now()]);
      if (on_nth.first == seen_) on_nth.second();
    };
  }
  // So many small messages in one piece.
  static std::string flood(int from, int to) {
    std::string all;
    for (int i = from; i < to; ++i) all += text_frame(std::to_string(i));
    return all;
  }
  // From the first message on; `what` is done when that one has come.
  void begin(int nth, std::function<void()> what) {
    on_shard([&] {
      seen_ = 0;
      on_nth = {nth, std::move(what)};
    });
  }
  bool becomes(int count) {
    return eventually([&] { return on_shard([&] { return seen_ == count; }); });
  }
  void expect_bounded_and_in_order() {
    on_shard([this] {
      EXPECT_TRUE(in_order_);
      EXPECT_LE(most_, messages_per_turn_max);
    });
  }

  // Of the shard:
  std::pair<int, std::function<void()>> on_nth{-1, nullptr};
  int seen_ = 0, most_ = 0;
  bool in_order_ = true;
  std::map<time_point, int> by_turn_;
};

TEST_F(WebSocketTurns, a_flood_is_handed_out_over_several_turns_in_its_order) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(flood(0, 20'000));
  ASSERT_TRUE(becomes(20'000));
  expect_bounded_and_in_order();
  on_shard([this] { EXPECT_GE(by_turn_.size(), 20'000u / messages_per_turn_max); });
}

TEST_F(WebSocketTurns, what_is_posted_meanwhile_runs_before_its_end) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  int seen_then = -1;
  begin(1, [&] { shard().post([&] { seen_then = seen_; }); });
  client.send(flood(0, 3'000));
  ASSERT_TRUE(becomes(3'000));
  on_shard([&] {
    EXPECT_GT(seen_then, 0);
    EXPECT_LE(seen_then, 2 * messages_per_turn_max);
  });
}

TEST_F(WebSocketTurns, an_incomplete_frame_behind_it_is_completed_later) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  const std::string all = flood(0, 1'000) + text_frame("1000");
  client.send(std::string_view(all).substr(0, all.size() - 2));
  ASSERT_TRUE(becomes(1'000));
  client.send(std::string_view(all).substr(all.size() - 2));
  client.send(flood(1'001, 2'000));
  ASSERT_TRUE(becomes(2'000));
  expect_bounded_and_in_order();
}

TEST_F(WebSocketTurns, exactly_as_many_as_a_turn_takes_are_not_one_too_few) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(flood(0, messages_per_turn_max));
  ASSERT_TRUE(becomes(messages_per_turn_max));
  client.send(flood(messages_per_turn_max, messages_per_turn_max + 1));
  ASSERT_TRUE(becomes(messages_per_turn_max + 1));
}

TEST_F(WebSocketTurns, what_a_peer_said_before_it_went_away_is_heard_to_the_end) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(flood(0, 2'000));
  client.close();
  const auto closing = sink.closings.take();
  ASSERT_TRUE(closing);
  EXPECT_EQ(closing->why, reason::transport_close);
  EXPECT_EQ(on_shard([this] { return seen_; }), 2'000);
  expect_bounded_and_in_order();
}

TEST_F(WebSocketTurns, a_connection_that_is_ended_meanwhile_hands_out_nothing_more) {
  for (const bool abort : {true, false}) {
    if (port == 0) serve();
    raw_client client(port);
    ASSERT_EQ(client.open_websocket(), 101u);
    begin(300, [&, abort] {
      if (abort)
        websocket->abort();
      else
        websocket->close(/*after_queue=*/false);
    });
    client.send(flood(0, 3'000));
    if (abort)
      client.read_to_end();
    else
      EXPECT_EQ(client.read_frame().opcode, 8u);
    EXPECT_EQ(on_shard([this] { return seen_; }), 300);
  }
}

TEST_F(WebSocketTurns, a_close_frame_behind_it_closes_behind_it) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(flood(0, 1'000) + client_frame(0x88, "\x03\xe8"));
  const auto closing = sink.closings.take();
  ASSERT_TRUE(closing);
  EXPECT_EQ(closing->what, cause::closed_by_peer);
  EXPECT_EQ(on_shard([this] { return seen_; }), 1'000);
}

}  // namespace
}  // namespace socketio::test
