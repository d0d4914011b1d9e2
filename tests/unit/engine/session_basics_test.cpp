// Opening, sending, receiving: what holds on both transports. Rows HS-07, HS-12, HS-29, HS-30,
// WS-01 to WS-08.
#include "unit/engine/session_script.hpp"

#include <gtest/gtest.h>

namespace socketio::engine::testing {
namespace {

using kind = event::kind;
using outcome = send_queue::outcome;

TEST(Session, HS29_opens_exactly_once_before_everything_else) {
  const options with = brisk_options();
  const time_point now{};
  session opened(with, "sid", transport::websocket, false, now);
  EXPECT_EQ(opened.current(), session::state::opening);
  opened.on_message(message_kind::text, "4early", now);
  const auto first = opened.poll_event();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->what, kind::opened);
  EXPECT_EQ(opened.current(), session::state::open);
  const auto second = opened.poll_event();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->what, kind::message);
  EXPECT_EQ(second->data, "early");
  EXPECT_FALSE(opened.poll_event());
}

// ---- the short way of messages

TEST(Session, a_message_is_taken_at_once_when_there_is_nothing_else_to_tell) {
  const options with = brisk_options();
  time_point now{};
  session open(with, "sid", transport::websocket, false, now);
  std::string_view data = "4early";
  EXPECT_FALSE(open.take_message(message_kind::text, data, now)) << "it has not opened yet";
  while (open.poll_event()) {
  }
  ASSERT_TRUE(open.take_message(message_kind::text, data, now));
  EXPECT_EQ(data, "early");
  data = "4bytes";
  ASSERT_TRUE(open.take_message(message_kind::binary, data, now));
  EXPECT_EQ(data, "4bytes") << "binary has no type";
  EXPECT_FALSE(open.has_news());
  for (const std::string_view other : {"", "3", "2", "1", "6", "bYQ==", "x"}) {
    data = other;
    EXPECT_FALSE(open.take_message(message_kind::text, data, now)) << other;
    EXPECT_EQ(data, other);
  }
  open.on_flushed(now);
  open.outgoing().clear();
  open.on_flushed(now);
  data = "4behind";
  EXPECT_FALSE(open.take_message(message_kind::text, data, now)) << "`drained` comes first";
  while (open.poll_event()) {
  }
  open.close(reason::forced_close, cause::connection_close, "", true, now);
  EXPECT_FALSE(open.take_message(message_kind::text, data, now)) << "it is over";
  session polling(with, "sid", transport::polling, false, now);
  while (polling.poll_event()) {
  }
  EXPECT_FALSE(polling.take_message(message_kind::text, data, now));
}

TEST(Session, a_message_that_is_taken_moves_no_deadline_earlier_and_extends_the_wait_for_a_pong) {
  const options with = brisk_options();
  time_point now{};
  session open(with, "sid", transport::websocket, false, now);
  while (open.poll_event()) {
  }
  std::string_view data = "4";
  const auto idle = open.next_timeout();
  ASSERT_TRUE(open.take_message(message_kind::text, data, now += milliseconds(10)));
  EXPECT_EQ(open.next_timeout(), idle);
  open.on_timeout(now = *idle);
  const auto pinged = open.next_timeout();
  data = "4";
  ASSERT_TRUE(open.take_message(message_kind::text, data, now += milliseconds(50)));
  EXPECT_EQ(open.next_timeout(), *pinged + milliseconds(50)) << "as by on_message()";
  data = "4";
  ASSERT_TRUE(open.take_message(message_kind::text, data, now += milliseconds(50)));
  EXPECT_EQ(open.next_timeout(), *pinged + milliseconds(50)) << "once";
}

TEST(Session, HS07_the_open_packet_comes_first_on_both_transports) {
  session_script().get().expect_response(
      R"(0{"sid":"sid-of-twenty-chars!","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000})");
  session_script::websocket().expect_packet(
      R"(0{"sid":"sid-of-twenty-chars!","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000})");
}

TEST(Session, HS12_the_initial_packet_travels_with_the_open_packet) {
  options with = brisk_options();
  with.initial_packet = "welcome";
  session_script script(with);
  script.get();
  std::string both;
  script.expect_response_with("0{").send("next").get().expect_response("4next");
  session_script::websocket(with).expect_packet_with("0{").expect_packet("4welcome");
  // In the same payload:
  session raw(with, "sid", transport::polling, false, time_point{});
  while (raw.poll_event()) {
  }
  raw.on_poll(time_point{});
  ASSERT_EQ(raw.poll_action(), action::answer_poll);
  raw.take_poll_payload(both);
  EXPECT_TRUE(
      both.ends_with("\x1e"
                     "4welcome"))
      << both;
}

TEST(Session, WS01_messages_travel_in_order_over_websocket) {
  session_script::websocket()
      .expect_packet_with("0{")
      .send("one")
      .send("two")
      .expect_packet("4one")
      .expect_packet("4two")
      .receive("4three")
      .expect_message("three")
      .receive("4")
      .expect_message("")
      .receive_binary("\x01\x02")
      .expect_binary_message("\x01\x02")
      .receive_binary("")
      .expect_binary_message("");
}

TEST(Session, WS01_attachments_follow_their_text_as_raw_bytes) {
  session_script::websocket()
      .expect_packet_with("0{")
      .send_with_attachments("51-[]", {std::string("\x00\xff", 2), "b"})
      .expect_packet("451-[]")
      .expect_binary(std::string_view("\x00\xff", 2))
      .expect_binary("b");
}

TEST(Session, WS02_a_peer_that_asked_for_text_gets_base64) {
  session_script::websocket(brisk_options(), /*text_only=*/true)
      .expect_packet_with("0{")
      .send_with_attachments("51-[]", {"\x01\x02\x03\x04"})
      .expect_packet("451-[]")
      .expect_packet("bAQIDBA==");
}

TEST(Session, WS02_a_lone_binary_frame_becomes_text_too) {
  session_script script = session_script::websocket(brisk_options(), /*text_only=*/true);
  script.forget_output();
  const auto frame = wire::frame::binary("\x01", wire::frame_class::event);
  script.session().send({&frame, 1}, script.now());
  script.drain();
  script.expect_packet("bAQ==");
}

TEST(Session, WS02_base64_text_is_accepted_from_any_peer) {
  session_script::websocket()
      .expect_packet_with("0{")
      .receive("bAQIDBA==")
      .expect_binary_message("\x01\x02\x03\x04")
      .receive("4text")
      .expect_message("text");
}

TEST(Session, WS03_is_writable_while_nothing_is_queued) {
  session_script::websocket()
      .expect_packet_with("0{")
      .expect_writable(true)
      .stop_reading()
      .send("one")
      .expect_writable(false)
      .read_on()
      .expect_writable(true)
      .expect_drained()
      .expect_packet("4one");
}

TEST(Session, WS07_engine_packets_that_make_no_sense_over_websocket_are_ignored) {
  session_script::websocket()
      .expect_packet_with("0{")
      .receive("1")
      .receive("0")
      .receive("5")
      .receive("6")
      .receive("0{}")
      .expect_nothing()
      .receive("4still here")
      .expect_message("still here");
}

TEST(Session, WS08_an_empty_message_is_a_parse_error) {
  session_script::websocket()
      .expect_packet_with("0{")
      .receive("")
      .expect_closed(reason::parse_error, cause::malformed_engine_packet)
      .expect_websocket_closed()
      .expect_no_state_left();
}

TEST(Session, DM10_an_unknown_packet_type_is_a_parse_error) {
  for (const char* bad : {"7", "x", "-1", " "}) {
    session_script::websocket()
        .expect_packet_with("0{")
        .receive(bad)
        .expect_closed(reason::parse_error, cause::malformed_engine_packet)
        .expect_websocket_closed()
        .expect_no_state_left();
  }
}

TEST(Session, HS30_what_is_sent_after_the_close_is_dropped_in_silence) {
  session_script::websocket()
      .expect_packet_with("0{")
      .close()
      .expect_closed(reason::forced_close, cause::connection_close)
      .expect_websocket_closed()
      .send("late")
      .expect_outcome(outcome::closed)
      .receive("4late")
      .expect_nothing()
      .expect_no_state_left();
}

TEST(Session, a_message_may_be_answered_before_the_next_one_is_decoded) {
  session_script::polling_open()
      .on_next_message([](session_script& script) { script.send("answer"); })
      .post(
          "4one\x1e"
          "4two")
      .expect_message("one")
      .expect_message("two")
      .get()
      .expect_response("4answer");
}

TEST(Session, what_follows_a_close_inside_a_payload_is_not_looked_at) {
  session_script::polling_open()
      .on_next_message([](session_script& script) { script.discard(); })
      .post(
          "4one\x1e"
          "4two\x1e"
          "x")
      .expect_message("one")
      .expect_closed(reason::server_shutting_down, cause::server_close)
      .expect_no_state_left();
}

TEST(Session, an_idle_session_is_small) {
  EXPECT_LE(sizeof(session), 192u);
  EXPECT_LE(sizeof(send_queue), 96u);
}

}  // namespace
}  // namespace socketio::engine::testing
