// From polling to WebSocket, step by step. Rows WS-09 to WS-15, Q-13; the orders of all steps are
// in session_upgrade_property_test.cpp.
#include "unit/engine/session_script.hpp"

#include <gtest/gtest.h>

namespace socketio::engine::testing {
namespace {

using kind = event::kind;

TEST(Upgrade, WS10_WS11_probe_noop_for_the_waiting_poll_commit) {
  session_script::polling_open()
      .get()
      .candidate()
      .expect_nothing()
      .candidate_says("2probe")
      .expect_event(kind::upgrading)
      .expect_probe_reply()
      .expect_response("6")
      .candidate_says("5")
      .expect_event(kind::upgraded)
      .expect_promoted()
      .expect_transport(transport::websocket)
      .receive("4over websocket")
      .expect_message("over websocket")
      .send("back")
      .expect_packet("4back");
}

TEST(Upgrade, Q13_every_poll_until_the_commit_is_answered_at_once) {
  session_script::polling_open()
      .candidate()
      .candidate_says("2probe")
      .expect_event(kind::upgrading)
      .expect_probe_reply()
      .get()
      .expect_response("6")
      .get()
      .expect_response("6")
      .send("waiting")
      .get()
      .expect_response("4waiting");
}

TEST(Upgrade, WS10_a_candidate_that_did_not_probe_releases_no_poll) {
  session_script::polling_open().get().candidate().expect_nothing().send("x").expect_response("4x");
}

TEST(Upgrade, WS11_a_second_probe_is_answered_again) {
  session_script::polling_open()
      .candidate()
      .candidate_says("2probe")
      .expect_event(kind::upgrading)
      .expect_probe_reply()
      .candidate_says("2probe")
      .expect_event(kind::upgrading)
      .expect_probe_reply()
      .candidate_says("5")
      .expect_event(kind::upgraded)
      .expect_promoted();
}

TEST(Upgrade, WS11_the_commit_is_accepted_without_a_probe_and_flushes_what_waited) {
  session_script::polling_open()
      .send("waiting")
      .candidate()
      .candidate_says("5")
      .expect_event(kind::upgraded)
      .expect_promoted()
      .expect_packet("4waiting");
}

TEST(Upgrade, WS11_a_poll_that_waits_at_the_commit_is_closed_and_loses_nothing) {
  session_script::polling_open()
      .get()
      .candidate()
      .candidate_says("5")
      .expect_event(kind::upgraded)
      .expect_promoted()
      .expect_response("1")
      .send("x")
      .expect_packet("4x");
}

TEST(Upgrade, WS15_what_is_queued_at_the_commit_belongs_to_the_websocket) {
  const options with = brisk_options();
  const time_point now{};
  session one(with, "sid", transport::polling, false, now);
  while (one.poll_event()) {
  }
  one.outgoing().clear();
  one.on_poll(now);
  one.on_candidate(now);
  const auto group = wire::frame::text({"4", "last moment"}, wire::frame_class::event);
  one.send({&group, 1}, now);  // and before the turn ends, the commit
  one.on_candidate_message(message_kind::text, "5", now);
  while (one.poll_event()) {
  }
  std::string body;
  ASSERT_EQ(one.poll_action(), action::answer_poll);
  one.take_poll_payload(body);
  EXPECT_EQ(body, "1");
  EXPECT_EQ(one.poll_action(), action::promote_candidate);
  EXPECT_FALSE(one.outgoing().empty());
}

TEST(Upgrade, a_post_that_is_being_read_at_the_commit_is_cut) {
  session_script::polling_open()
      .begin_post()
      .candidate()
      .candidate_says("5")
      .expect_event(kind::upgraded)
      .expect_promoted()
      .expect_post_cut();
}

TEST(Upgrade, WS12_a_wrong_packet_closes_the_candidate_only) {
  for (const char* wrong : {"2", "2other", "2probe ", "3probe", "4message", "1", "", "x", "6"}) {
    session_script::polling_open()
        .candidate()
        .candidate_says(wrong)
        .expect_candidate_closed()
        .candidate_says("5")
        .expect_nothing()
        .post("4unharmed")
        .expect_message("unharmed")
        .send("unharmed")
        .get()
        .expect_response("4unharmed");
  }
  session_script::polling_open()
      .candidate()
      .candidate_says_binary("2probe")
      .expect_candidate_closed();
}

TEST(Upgrade, WS12_after_a_candidate_that_failed_another_may_come) {
  session_script::polling_open()
      .candidate()
      .candidate_says("2probe")
      .expect_event(kind::upgrading)
      .expect_probe_reply()
      .candidate_gone()
      .get()
      .expect_nothing()  // nobody upgrades any more: the poll waits
      .candidate()
      .candidate_says("2probe")
      .expect_event(kind::upgrading)
      .expect_probe_reply()
      .expect_response("6")
      .candidate_says("5")
      .expect_event(kind::upgraded)
      .expect_promoted();
}

TEST(Upgrade, WS13_a_candidate_that_does_nothing_is_closed_in_time) {
  options slow_pings = brisk_options();
  slow_pings.ping_interval = milliseconds(60'000);
  session_script::polling_open(slow_pings)
      .candidate()
      .wait(500ms)
      .candidate_says("2probe")
      .expect_event(kind::upgrading)
      .expect_probe_reply()
      .wait(499ms)
      .expect_nothing()  // the probe buys no time
      .wait(1ms)
      .expect_candidate_closed()
      .post("4unharmed")
      .expect_message("unharmed");
}

TEST(Upgrade, WS13_the_candidate_ends_with_its_session) {
  session_script::polling_open()
      .candidate()
      .post("1")
      .expect_closed(reason::transport_close, cause::closed_by_peer)
      .expect_candidate_closed()
      .expect_no_state_left();
  session_script::polling_open()
      .candidate()
      .get()
      .abort_get()
      .expect_closed(reason::transport_error, cause::poll_aborted)
      .expect_candidate_closed()
      .expect_no_state_left();
}

TEST(Upgrade, WS14_a_close_that_was_asked_for_while_polling_is_done_after_the_switch) {
  session_script::polling_open()
      .candidate()
      .send("last")
      .close()
      .expect_nothing()
      .candidate_says("5")
      .expect_event(kind::upgraded)
      .expect_closed(reason::forced_close, cause::connection_close)
      .expect_promoted()
      .expect_packet("4last")
      .expect_websocket_closed()
      .expect_no_state_left();
}

TEST(Upgrade, WS15_data_goes_over_polling_until_the_commit_and_over_the_websocket_after_it) {
  session_script::polling_open()
      .candidate()
      .candidate_says("2probe")
      .expect_event(kind::upgrading)
      .expect_probe_reply()
      .send("before")
      .expect_nothing()
      .get()
      .expect_response("4before")
      .send("waits")
      .candidate_says("5")
      .expect_event(kind::upgraded)
      .expect_promoted()
      .expect_packet("4waits")
      .send("after")
      .expect_packet("4after");
}

TEST(Upgrade, WS09_a_second_candidate_is_refused_during_and_after_the_upgrade) {
  session_script::polling_open()
      .candidate()
      .candidate_refused()
      .expect_nothing()
      .candidate_says("2probe")
      .expect_event(kind::upgrading)
      .expect_probe_reply()
      .candidate_refused()
      .candidate_says("5")
      .expect_event(kind::upgraded)
      .expect_promoted()
      .candidate_refused()
      .receive("4unharmed")
      .expect_message("unharmed");
}

TEST(Upgrade, WS09_a_session_that_began_on_websocket_takes_no_candidate) {
  session_script script = session_script::websocket();
  script.forget_output().candidate_refused().expect_nothing();
}

TEST(Upgrade, WS02_the_new_transport_decides_about_base64) {
  session_script::polling_open()
      .send_with_attachments("51-[]", {"\x01"})
      .candidate(/*text_only=*/true)
      .candidate_says("5")
      .expect_event(kind::upgraded)
      .expect_promoted()
      .expect_packet("451-[]")
      .expect_packet("bAQ==")
      .send_with_attachments("51-[]", {"\x02"})
      .expect_packet("451-[]")
      .expect_packet("bAg==");
}

TEST(Upgrade, HS26_polling_requests_are_refused_after_the_upgrade) {
  session_script script = session_script::upgraded();
  script.get_refused().begin_post_refused().abort_get().abort_post().expect_nothing();
}

TEST(Upgrade, after_the_upgrade_the_end_of_the_websocket_ends_the_session) {
  session_script script = session_script::upgraded();
  script.hang_up()
      .expect_closed(reason::transport_close, cause::connection_lost)
      .expect_no_state_left();
}

}  // namespace
}  // namespace socketio::engine::testing
