// Who pings whom, and what silence leads to. Rows HB-01 to HB-06, HB-11, HB-12, Q-12.
#include "unit/engine/session_script.hpp"

#include <gtest/gtest.h>

namespace socketio::engine::testing {
namespace {

using kind = event::kind;

session_script open_websocket() {
  session_script script = session_script::websocket();
  script.forget_output();
  return script;
}

TEST(Heartbeat, HB01_HB02_the_server_pings_one_interval_after_the_open) {
  open_websocket().wait(299ms).expect_nothing().wait(1ms).expect_packet("2");
}

TEST(Heartbeat, HB02_the_next_ping_counts_from_the_pong) {
  open_websocket()
      .wait(300ms)
      .expect_packet("2")
      .wait(100ms)
      .receive("3")
      .expect_event(kind::heartbeat)
      .wait(299ms)
      .expect_nothing()
      .wait(1ms)
      .expect_packet("2");
}

TEST(Heartbeat, HB03_silence_after_a_ping_ends_the_session) {
  open_websocket()
      .wait(300ms)
      .expect_packet("2")
      .wait(199ms)
      .expect_nothing()
      .wait(1ms)
      .expect_closed(reason::ping_timeout, cause::no_pong)
      .expect_closed_with("no pong within 200 ms")
      .expect_websocket_closed()
      .expect_no_state_left();
}

TEST(Heartbeat, HB01_a_ping_from_the_client_is_the_wrong_direction) {
  for (const char* ping : {"2", "2probe"}) {
    open_websocket()
        .receive(ping)
        .expect_closed(reason::transport_error, cause::bad_heartbeat_direction)
        .expect_websocket_closed()
        .expect_no_state_left();
  }
  session_script::polling_open()
      .get()
      .post("2")
      .expect_closed(reason::transport_error, cause::bad_heartbeat_direction)
      .expect_response("1")
      .expect_no_state_left();
}

TEST(Heartbeat, HB04_the_first_packet_after_a_ping_extends_the_wait_once) {
  open_websocket()
      .wait(300ms)
      .expect_packet("2")
      .wait(150ms)
      .receive("4first")
      .expect_message("first")
      .wait(100ms)
      .receive("4second")
      .expect_message("second")
      .wait(99ms)
      .expect_nothing()
      .wait(1ms)
      .expect_closed(reason::ping_timeout, cause::no_pong)
      .expect_websocket_closed();
}

TEST(Heartbeat, HB04_any_packet_but_a_pong_extends_and_each_ping_may_be_extended) {
  session_script script = open_websocket();
  for (const char* packet : {"6", "1", "0", "5", "bAQ==", "4"}) {
    script.wait(300ms).expect_packet("2").wait(199ms).receive(packet).wait(199ms);
    script.receive("3").expect_event(kind::heartbeat);
  }
  script.receive_binary("x").forget_output();
}

TEST(Heartbeat, HB04_a_packet_before_the_ping_extends_nothing) {
  open_websocket()
      .wait(299ms)
      .receive("4early")
      .expect_message("early")
      .wait(1ms)
      .expect_packet("2")
      .wait(200ms)
      .expect_closed(reason::ping_timeout, cause::no_pong)
      .expect_websocket_closed();
}

TEST(Heartbeat, HB05_an_unsolicited_pong_restarts_the_interval) {
  open_websocket()
      .wait(200ms)
      .receive("3")
      .expect_event(kind::heartbeat)
      .wait(299ms)
      .expect_nothing()
      .wait(1ms)
      .expect_packet("2");
}

TEST(Heartbeat, HB06_a_ping_waits_for_the_poll_like_any_packet) {
  session_script::polling_open()
      .wait(350ms)
      .expect_nothing()
      .get()
      .expect_response("2")
      .post("3")
      .expect_event(kind::heartbeat)
      .get()
      .wait(299ms)
      .expect_nothing()
      .wait(1ms)
      .expect_response("2");
}

TEST(Heartbeat, HB06_a_client_that_does_not_poll_times_out) {
  session_script::polling_open()
      .wait(500ms)
      .expect_closed(reason::ping_timeout, cause::no_pong)
      .expect_no_state_left();
}

TEST(Heartbeat, HB06_a_get_that_waits_is_told_of_the_timeout) {
  session_script::polling_open()
      .get()
      .wait(300ms)
      .expect_response("2")
      .get()
      .wait(200ms)
      .expect_closed(reason::ping_timeout, cause::no_pong)
      .expect_response("1")
      .expect_no_state_left();
}

TEST(Heartbeat, HB11_Q12_an_upgrade_cancels_the_wait_for_a_pong_and_the_next_ping_follows) {
  session_script::polling_open()
      .get()
      .wait(300ms)
      .expect_response("2")
      .wait(190ms)
      .candidate()
      .candidate_says("5")
      .forget_output()
      .wait(299ms)
      .expect_nothing()
      .wait(1ms)
      .expect_packet("2")
      .wait(200ms)
      .expect_closed(reason::ping_timeout, cause::no_pong)
      .expect_websocket_closed()
      .expect_no_state_left();
}

TEST(Heartbeat, HB11_an_upgrade_does_not_move_the_next_ping) {
  session_script::polling_open()
      .wait(200ms)
      .candidate()
      .candidate_says("5")
      .forget_output()
      .wait(99ms)
      .expect_nothing()
      .wait(1ms)
      .expect_packet("2")
      .receive("3")
      .expect_event(kind::heartbeat);
}

TEST(Heartbeat, HB12_changed_options_count_from_the_next_timer_on) {
  options with = brisk_options();
  const time_point start{};
  session changed(with, "sid", transport::websocket, false, start);
  while (changed.poll_event()) {
  }
  EXPECT_EQ(changed.next_timeout(), start + 300ms);
  with.ping_interval = milliseconds(1000);
  with.ping_timeout = milliseconds(50);
  changed.on_timeout(start + 300ms);
  EXPECT_EQ(changed.next_timeout(), start + 350ms);
  changed.on_message(message_kind::text, "3", start + 310ms);
  while (changed.poll_event()) {
  }
  EXPECT_EQ(changed.next_timeout(), start + 1310ms);
}

TEST(Heartbeat, a_peer_is_given_up_for_what_was_read_and_asked_from_now) {
  const options with = brisk_options();
  const time_point start{};
  session one(with, "sid", transport::websocket, false, start);
  while (one.poll_event()) {
  }
  one.outgoing().clear();
  one.on_timeout(start + 5000ms, start + 299ms);
  EXPECT_TRUE(one.outgoing().empty());
  one.on_timeout(start + 5000ms, start + 300ms);
  EXPECT_FALSE(one.outgoing().empty());
  EXPECT_EQ(one.next_timeout(), start + 5200ms) << "the ping leaves now";
  one.on_timeout(start + 9000ms, start + 5199ms);
  EXPECT_EQ(one.current(), session::state::open) << "the pong may lie unread";
  one.on_timeout(start + 9000ms, start + 5200ms);
  EXPECT_EQ(one.current(), session::state::closed);
}

TEST(Heartbeat, early_late_and_repeated_timers_are_harmless) {
  const options with = brisk_options();
  const time_point start{};
  session one(with, "sid", transport::websocket, false, start);
  while (one.poll_event()) {
  }
  one.outgoing().clear();
  one.on_timeout(start);
  one.on_timeout(start + 299ms);
  EXPECT_TRUE(one.outgoing().empty());
  one.on_timeout(start + 1000ms);  // our loop was late: the peer still gets its full timeout
  EXPECT_FALSE(one.outgoing().empty());
  one.on_timeout(start + 1000ms);
  EXPECT_EQ(one.current(), session::state::open);
  EXPECT_EQ(one.next_timeout(), start + 1200ms);
  one.on_timeout(start + 9000ms);
  EXPECT_EQ(one.current(), session::state::closed);
  one.on_timeout(start + 9999ms);
  EXPECT_FALSE(one.next_timeout());
}

TEST(Heartbeat, HS23_a_session_that_is_closing_ends_when_a_pong_would_have_been_late) {
  session_script::polling_open()
      .close()
      .wait(499ms)
      .expect_nothing()
      .wait(1ms)
      .expect_closed(reason::ping_timeout, cause::no_pong)
      .expect_no_state_left();
  session_script script = session_script::polling_open();
  script.wait(300ms);  // the ping waits in the queue
  script.close().wait(199ms).expect_nothing().wait(1ms).expect_closed(reason::ping_timeout,
                                                                      cause::no_pong);
}

TEST(Heartbeat, a_session_that_is_closing_is_not_pinged) {
  session_script::polling_open()
      .close()
      .wait(400ms)
      .get()
      .expect_response(
          "6\x1e"
          "1")
      .forget_output();
}

}  // namespace
}  // namespace socketio::engine::testing
