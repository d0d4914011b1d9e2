// HTTP long-polling. Rows HS-13 to HS-23, HS-31, ER-10, DM-17, VO-01.
#include "unit/engine/session_script.hpp"

#include <gtest/gtest.h>

namespace socketio::engine::testing {
namespace {

using kind = event::kind;

TEST(SessionPolling, HS13_a_get_waits_for_a_packet_and_carries_all_that_there_are) {
  session_script::polling_open()
      .get()
      .expect_nothing()
      .send("one")
      .expect_response("4one")
      .send("two")
      .send("three")
      .get()
      .expect_response(
          "4two\x1e"
          "4three")
      .expect_drained();
}

TEST(SessionPolling, HS14_a_second_get_ends_the_session_and_closes_the_first) {
  session_script::polling_open()
      .get()
      .get_refused()
      .expect_closed(reason::transport_error, cause::overlapping_poll)
      .expect_response("1")
      .expect_no_state_left();
}

TEST(SessionPolling, HS15_a_post_brings_its_packets_in_order) {
  session_script::polling_open()
      .post(
          "4one\x1e"
          "bAQI=\x1e"
          "4two")
      .expect_message("one")
      .expect_binary_message("\x01\x02")
      .expect_message("two")
      .post("4three")
      .expect_message("three");
}

TEST(SessionPolling, HS16_a_second_post_ends_the_session_and_cuts_the_first) {
  session_script::polling_open()
      .begin_post()
      .begin_post_refused()
      .expect_closed(reason::transport_error, cause::overlapping_data)
      .expect_post_cut()
      .expect_no_state_left();
}

TEST(SessionPolling, HS16_a_waiting_get_is_told_of_the_end) {
  session_script::polling_open()
      .get()
      .begin_post()
      .begin_post_refused()
      .expect_closed(reason::transport_error, cause::overlapping_data)
      .expect_response("1")
      .expect_post_cut()
      .expect_no_state_left();
}

TEST(SessionPolling, HS17_an_octet_stream_ends_the_session) {
  session_script::polling_open()
      .get()
      .post_binary_type()
      .expect_closed(reason::transport_error, cause::bad_content_type)
      .expect_response("1")
      .expect_no_state_left();
}

TEST(SessionPolling, HS19_an_aborted_get_ends_the_session) {
  session_script::polling_open()
      .get()
      .abort_get()
      .expect_closed(reason::transport_error, cause::poll_aborted)
      .expect_no_state_left();
}

TEST(SessionPolling, HS19_an_aborted_post_ends_the_session) {
  session_script::polling_open()
      .begin_post()
      .abort_post()
      .expect_closed(reason::transport_error, cause::data_aborted)
      .expect_no_state_left();
}

TEST(SessionPolling, HS19_an_abort_after_the_answer_is_no_news) {
  session_script::polling_open().abort_get().abort_post().expect_nothing();
}

TEST(SessionPolling, HS20_binary_travels_as_b_and_base64) {
  session_script::polling_open()
      .send_with_attachments("51-[]", {"\x01\x02\x03\x04"})
      .get()
      .expect_response(
          "451-[]\x1e"
          "bAQIDBA==");
}

TEST(SessionPolling, HS21_a_bad_packet_ends_the_session_behind_the_good_ones) {
  session_script::polling_open()
      .post(
          "4before\x1e"
          "x\x1e"
          "4after")
      .expect_message("before")
      .expect_closed(reason::parse_error, cause::malformed_engine_packet)
      .expect_no_state_left();
}

TEST(SessionPolling, HS20_HS21_every_separator_announces_a_packet) {
  for (const char* bad : {"", "\x1e", "4x\x1e",
                          "\x1e"
                          "4x"}) {
    session_script script = session_script::polling_open();
    script.get().post(bad);
    if (std::string_view(bad).starts_with("4x")) script.expect_message("x");
    script.expect_closed(reason::parse_error, cause::malformed_engine_packet)
        .expect_response("1")
        .expect_no_state_left();
  }
}

TEST(SessionPolling, HS22_a_client_that_leaves_releases_its_own_poll_with_a_noop) {
  session_script::polling_open()
      .get()
      .post("1")
      .expect_closed(reason::transport_close, cause::closed_by_peer)
      .expect_response("6")
      .expect_no_state_left();
}

TEST(SessionPolling, HS22_messages_before_the_close_are_delivered_and_those_behind_it_are_not) {
  session_script::polling_open()
      .post(
          "4last words\x1e"
          "1\x1e"
          "4ghost")
      .expect_message("last words")
      .expect_closed(reason::transport_close, cause::closed_by_peer)
      .expect_no_state_left();
}

TEST(SessionPolling, HS23_a_close_answers_the_waiting_get_at_once) {
  session_script::polling_open()
      .get()
      .close()
      .expect_closed(reason::forced_close, cause::connection_close)
      .expect_response("1")
      .expect_no_state_left();
}

TEST(SessionPolling, HS23_without_a_waiting_get_the_close_is_told_to_the_next_one) {
  session_script::polling_open()
      .close()
      .expect_nothing()
      .expect_state(session::state::closing)
      .get()
      .expect_closed(reason::forced_close, cause::connection_close)
      .expect_response(
          "6\x1e"
          "1")
      .expect_no_state_left();
}

TEST(SessionPolling, HS23_a_close_that_nobody_fetches_is_forced) {
  options patient = brisk_options();
  patient.ping_interval = milliseconds(25'000);
  session_script::polling_open(patient)
      .close()
      .wait(2999ms)
      .expect_nothing()
      .wait(1ms)
      .expect_closed(reason::forced_close, cause::close_timeout)
      .expect_closed_with("did not fetch the close within 3000 ms")
      .expect_no_state_left();
}

TEST(SessionPolling, HS23_a_close_cuts_the_post_that_is_being_read) {
  session_script::polling_open()
      .begin_post()
      .close()
      .expect_post_cut()
      .get()
      .expect_closed(reason::forced_close, cause::connection_close)
      .expect_response(
          "6\x1e"
          "1")
      .expect_no_state_left();
}

TEST(SessionPolling, HS31_a_graceful_close_delivers_what_was_sent_before_it) {
  session_script::polling_open()
      .send("last words")
      .close()
      .get()
      .expect_response("4last words")
      .expect_state(session::state::closing)
      .get()
      .expect_closed(reason::forced_close, cause::connection_close)
      .expect_response(
          "6\x1e"
          "1")
      .expect_no_state_left();
}

TEST(SessionPolling, HS31_a_discarding_close_does_not_wait_for_a_get) {
  session_script::polling_open()
      .send("never fetched")
      .discard()
      .expect_closed(reason::server_shutting_down, cause::server_close)
      .expect_no_state_left();
}

TEST(SessionPolling, HS31_a_discarding_close_ends_a_graceful_one_and_keeps_its_reason) {
  session_script::polling_open()
      .close()
      .discard()
      .expect_closed(reason::forced_close, cause::connection_close)
      .expect_no_state_left();
}

TEST(SessionPolling, SV09_a_discarding_close_tells_the_waiting_get) {
  session_script::polling_open()
      .get()
      .discard()
      .expect_closed(reason::server_shutting_down, cause::server_close)
      .expect_response("1")
      .expect_no_state_left();
}

TEST(SessionPolling, a_client_may_leave_or_vanish_while_the_close_waits_for_it) {
  session_script::polling_open()
      .close()
      .post("1")
      .expect_closed(reason::transport_close, cause::closed_by_peer)
      .expect_no_state_left();
  session_script::polling_open()
      .close()
      .post(
          "4ignored\x1e"
          "x")
      .expect_nothing()
      .post(
          "x\x1e"
          "1")  // HS-20: nothing behind a bad packet is looked at
      .expect_nothing()
      .begin_post()
      .abort_post()
      .expect_closed(reason::transport_error, cause::data_aborted)
      .expect_no_state_left();
}

TEST(SessionPolling, ER10_a_body_over_the_limit_leaves_the_session_alive) {
  session_script::polling_open().post_too_big().expect_nothing().post("4fine").expect_message(
      "fine");
}

TEST(SessionPolling, VO01_is_writable_while_a_get_waits_and_nothing_is_queued) {
  session_script::polling_open()
      .expect_writable(false)
      .get()
      .expect_writable(true)
      .send("x")
      .expect_writable(false)
      .expect_response("4x")
      .get()
      .close()
      .expect_writable(false)
      .expect_closed(reason::forced_close, cause::connection_close)
      .expect_response("1");
}

TEST(SessionPolling, VO02_two_messages_of_one_turn_find_the_transport_writable_once) {
  const options with = brisk_options();
  const time_point now{};
  session one(with, "sid", transport::polling, false, now);
  std::string body;
  one.on_poll(now);
  while (one.poll_event()) {
  }
  ASSERT_EQ(one.poll_action(), action::answer_poll);
  one.take_poll_payload(body);
  one.on_poll(now);
  ASSERT_TRUE(one.writable());
  const auto group = wire::frame::text({"4", "first"}, wire::frame_class::event);
  one.send({&group, 1}, now);
  EXPECT_FALSE(one.writable());
}

TEST(SessionPolling, requests_after_the_end_are_refused) {
  session_script::polling_open()
      .discard()
      .expect_closed(reason::server_shutting_down, cause::server_close)
      .get_refused()
      .begin_post_refused()
      .candidate_refused()
      .expect_nothing()
      .expect_no_state_left();
}

// HS-16: the driver may hand out a payload over several turns; until its end the POST is not over.
TEST(SessionPolling, a_second_post_while_the_first_is_still_decoded_is_refused) {
  session_script::polling_open()
      .on_next_message([](session_script& script) { script.begin_post_refused(); })
      .post(
          "4one\x1e"
          "4two")
      .expect_message("one")
      .expect_closed(reason::transport_error, cause::overlapping_data);
}

}  // namespace
}  // namespace socketio::engine::testing
