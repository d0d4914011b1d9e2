// WebSocket sessions through the driver: messages, heartbeat, close, limits, counters, and handlers
// that do the unexpected. Rows WS-01 to WS-08, HB-01 to HB-04, ER-11, HS-30.
#include "unit/net/engine_fixture.hpp"

#include <gtest/gtest.h>

namespace socketio::net::testing {
namespace {

class EngineSession : public engine_fixture {
 protected:
  fake_websocket& last_websocket() { return *websockets.back(); }
};

TEST_F(EngineSession, WS01_messages_go_both_ways_in_order) {
  auto& who = open_websocket();
  auto& peer = last_websocket();
  peer.receive("4one");
  peer.receive_binary("\x02");
  EXPECT_EQ(who.log, (std::vector<std::string>{"message one", "binary \x02"}));
  const std::vector<wire::frame> group{wire::frame::text({"451-[]"}, wire::frame_class::event),
                                       wire::frame::binary("\x01", wire::frame_class::event)};
  who.session->send(group);
  who.send("after");
  EXPECT_EQ(peer.next(), "<nothing>") << "written when the turn ends";
  EXPECT_FALSE(who.session->writable());
  turn();
  EXPECT_TRUE(who.session->writable());
  EXPECT_EQ(peer.next(), "451-[]");
  EXPECT_EQ(peer.next(), "<binary>\x01");
  EXPECT_EQ(peer.next(), "4after");
  EXPECT_GT(who.drained, 0);
}

TEST_F(EngineSession, WS02_b64_makes_binary_text) {
  ask("GET", "transport=websocket&b64=1", true);
  const std::vector<wire::frame> group{wire::frame::text({"451-[]"}, wire::frame_class::event),
                                       wire::frame::binary("\x01", wire::frame_class::event)};
  sinks.back()->session->send(group);
  turn();
  last_websocket().next();
  EXPECT_EQ(last_websocket().next(), "451-[]");
  EXPECT_EQ(last_websocket().next(), "bAQ==");
}

TEST_F(EngineSession, HB02_HB03_pings_by_the_timer_and_ends_a_peer_that_is_silent) {
  auto& who = open_websocket();
  auto& peer = last_websocket();
  wait(299ms);
  EXPECT_EQ(peer.next(), "<nothing>");
  wait(2ms);
  EXPECT_EQ(peer.next(), "2");
  peer.receive("3");
  EXPECT_EQ(who.last(), "heartbeat");
  wait(301ms);
  EXPECT_EQ(peer.next(), "2");
  wait(198ms);
  EXPECT_EQ(who.last(), "heartbeat");
  wait(2ms);
  EXPECT_EQ(who.last(), "closed ping timeout");
  EXPECT_TRUE(peer.closed);
  expect_no_state_left();
}

TEST_F(EngineSession, messages_cost_no_timer_operation) {
  auto& who = open_websocket();
  wait(301ms);
  const auto expiry = shard.timers().next_expiry();
  last_websocket().receive("4x");  // extends the wait for the pong (HB-04)
  last_websocket().receive("3");   // moves the next ping away
  EXPECT_EQ(shard.timers().next_expiry(), expiry);
  EXPECT_EQ(shard.timers().size(), 1u);
  wait(250ms);
  EXPECT_EQ(who.last(), "heartbeat") << "the timer that came too early did nothing";
}

TEST_F(EngineSession, DM05_ER11_the_end_of_the_connection_is_reported_as_it_was) {
  auto& lost = open_websocket();
  last_websocket().lose();
  EXPECT_EQ(lost.last(), "closed transport close");
  EXPECT_EQ(lost.why.what, cause::connection_lost);
  EXPECT_EQ(lost.why.detail, "lost");
  auto& big = open_websocket();
  last_websocket().lose(reason::transport_error, cause::message_too_big);
  EXPECT_EQ(big.last(), "closed transport error");
  EXPECT_EQ(big.why.what, cause::message_too_big);
  expect_no_state_left();
}

TEST_F(EngineSession, WS06_a_close_by_the_application_sends_what_is_queued_first) {
  auto& who = open_websocket();
  who.send("last words");
  who.session->close(reason::forced_close, cause::connection_close, "because");
  EXPECT_EQ(who.session->state(), engine::session::state::closed);
  EXPECT_TRUE(who.log.empty()) << "never inside the call";
  who.send("too late");
  turn();
  EXPECT_EQ(who.log, (std::vector<std::string>{"closed forced close"}));
  EXPECT_EQ(who.why.detail, "because");
  EXPECT_EQ(last_websocket().next(), "4last words");
  EXPECT_EQ(last_websocket().next(), "<nothing>");
  EXPECT_TRUE(last_websocket().closed);
  expect_no_state_left();
}

TEST_F(EngineSession, WS08_garbage_closes_the_websocket) {
  auto& who = open_websocket();
  last_websocket().receive("");
  EXPECT_EQ(who.last(), "closed parse error");
  EXPECT_TRUE(last_websocket().closed);
  last_websocket().receive("4after the end");
  expect_no_state_left();
}

TEST_F(EngineSession, a_slow_consumer_is_closed_and_told_why_with_the_numbers) {
  options.queue.bytes_max = 100;
  auto& who = open_websocket();
  last_websocket().reads = false;
  const auto frame = wire::frame::text({"4", std::string(57, 'x')}, wire::frame_class::event);
  EXPECT_EQ(who.session->send({&frame, 1}), engine::send_queue::outcome::queued);
  EXPECT_EQ(who.session->queued_bytes(), 60u);
  EXPECT_EQ(who.session->send({&frame, 1}), engine::send_queue::outcome::overflow);
  EXPECT_EQ(who.session->send({&frame, 1}), engine::send_queue::outcome::closed);
  EXPECT_TRUE(who.log.empty()) << "never inside the call";
  turn();
  EXPECT_EQ(who.last(), "closed transport error");
  EXPECT_EQ(who.why.what, cause::slow_consumer);
  EXPECT_EQ(who.why.detail, "message of 60 bytes for a send queue of 60 bytes, the limit is 100");
  EXPECT_TRUE(last_websocket().closed);
  expect_no_state_left();
}

TEST_F(EngineSession, dropped_messages_are_counted_over_both_transports) {
  options.queue = {200, engine::overflow_policy::drop_oldest};
  auto& polling = open_polling();
  auto& websocket = open_websocket();
  last_websocket().reads = false;
  for (auto* sink : {&polling, &websocket}) {
    for (int i = 0; i < 5; ++i) sink->send(std::string(57, 'x'));
  }
  EXPECT_EQ(server->counters().dropped_messages, 4u);
  EXPECT_EQ(server->counters().dropped_bytes, 240u);
  EXPECT_EQ(server->counters().messages_out, 10u);
  EXPECT_EQ(polling.session->queued_bytes(), 180u);
}

TEST_F(EngineSession, counters_follow_sessions_and_messages) {
  auto& polling = open_polling();
  open_websocket();
  const engine_counters& counters = server->counters();
  EXPECT_EQ(counters.sessions, 2u);
  EXPECT_EQ(counters.polling, 1u);
  EXPECT_EQ(counters.websocket, 1u);
  upgrade(polling);
  EXPECT_EQ(counters.polling, 0u);
  EXPECT_EQ(counters.websocket, 2u);
  EXPECT_EQ(counters.upgrades_total, 1u);
  last_websocket().receive("4hello");
  EXPECT_EQ(counters.messages_in, 1u);
  EXPECT_EQ(counters.bytes_in, 5u);
  polling.send("abc");
  EXPECT_EQ(counters.messages_out, 1u);
  EXPECT_EQ(counters.bytes_out, 6u);
  server->close_all(reason::server_shutting_down, cause::server_close);
  expect_no_state_left();
  EXPECT_EQ(counters.closed_total, 2u);
}

// ---- handlers that do the unexpected

TEST_F(EngineSession, a_handler_may_close_its_own_session_in_any_event) {
  for (const char* at : {"message x", "heartbeat", "upgrading", "upgraded"}) {
    for (const bool discard : {false, true}) {
      SCOPED_TRACE(at);
      reaction = [at, discard](recording_sink& sink, const std::string& entry) {
        if (entry != at) return;
        sink.send("bye");
        sink.session->close(reason::forced_close, cause::connection_close, "", discard);
      };
      auto& who = open_polling();
      const auto websocket = candidate(who.sid);
      post(who.sid,
           "4x\x1e"
           "3\x1e"
           "4y");
      websocket->receive("2probe");
      websocket->receive("5");
      websocket->receive("4z");
      turn();
      get(who.sid);
      turn();
      EXPECT_EQ(who.last(), "closed forced close");
      expect_no_state_left();
    }
  }
}

TEST_F(EngineSession, a_handler_may_close_everybody_even_from_on_closed) {
  reaction = [this](recording_sink&, const std::string& entry) {
    if (entry.starts_with("closed"))
      server->close_all(reason::server_shutting_down, cause::server_close);
  };
  for (int i = 0; i < 3; ++i) {
    open_polling();
    open_websocket();
  }
  websockets.front()->lose();
  turn();
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    EXPECT_EQ(sinks[i]->last(), i == 1 ? "closed transport close" : "closed server shutting down");
  }
  expect_no_state_left();
}

TEST_F(EngineSession, a_handler_may_send_to_and_close_other_sessions) {
  auto& polling = open_polling();
  const auto poll = get(polling.sid);
  auto& victim = open_websocket();
  auto& actor = open_websocket();
  actor.reaction = [&polling, &victim](recording_sink&, const std::string&) {
    polling.send("for you");
    victim.session->close(reason::forced_close, cause::connection_close, "");
    EXPECT_TRUE(victim.log.empty());
  };
  last_websocket().receive("4go");
  EXPECT_FALSE(poll->answer);
  turn();
  EXPECT_EQ(poll->text(), "4for you");
  EXPECT_EQ(victim.last(), "closed forced close");
  EXPECT_EQ(actor.last(), "message go");
}

TEST_F(EngineSession, a_session_that_closes_and_dies_in_one_turn_closes_once) {
  auto& who = open_websocket();
  who.session->close(reason::forced_close, cause::connection_close, "");
  last_websocket().lose();  // the driver has not been there yet
  turn();
  EXPECT_EQ(who.log, (std::vector<std::string>{"closed forced close"}));
  expect_no_state_left();
}

TEST_F(EngineSession, many_sessions_expire_in_one_turn) {
  for (int i = 0; i < 100; ++i) open_websocket();
  wait(501ms);
  EXPECT_EQ(server->counters().sessions, 0u);
  expect_no_state_left();
}

}  // namespace
}  // namespace socketio::net::testing
