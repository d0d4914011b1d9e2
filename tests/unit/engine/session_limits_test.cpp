// A slow reader is bounded, over both transports, by whatever policy; a payload by
// its packets.
#include "unit/engine/session_script.hpp"

#include <gtest/gtest.h>

namespace socketio::engine::testing {
namespace {

using outcome = send_queue::outcome;
using wire::frame_class;

options limited(overflow_policy policy, std::size_t bytes = 100) {
  options made = brisk_options();
  made.queue = {bytes, policy};
  return made;
}

const std::string forty(37, 'x');  // 40 bytes as a frame: two of header, one of type

session_script slow(transport kind, overflow_policy policy) {
  session_script script(limited(policy), kind);
  if (kind == transport::polling) script.get();
  script.forget_output().stop_reading();
  return script;
}

class Limits : public ::testing::TestWithParam<transport> {};
INSTANTIATE_TEST_SUITE_P(BothTransports, Limits,
                         ::testing::Values(transport::polling, transport::websocket),
                         [](const auto& kind) { return std::string(to_string(kind.param)); });

// what waits for a client that does not read.
TEST_P(Limits, close_ends_the_session_and_nothing_follows_the_decision) {
  session_script script = slow(GetParam(), overflow_policy::close);
  script.send(forty)
      .send(forty)
      .expect_outcome(outcome::queued)
      .send(forty)
      .expect_outcome(outcome::overflow)
      .expect_closed(reason::transport_error, cause::slow_consumer)
      .expect_closed_with("message of 40 bytes for a send queue of 80 bytes, the limit is 100")
      .send("x")
      .expect_outcome(outcome::closed);
  EXPECT_TRUE(script.session().outgoing().empty());
  if (GetParam() == transport::websocket) script.expect_websocket_closed();
  script.expect_no_state_left();
}

TEST_P(Limits, drop_newest_keeps_what_waits) {
  session_script script = slow(GetParam(), overflow_policy::drop_newest);
  script.send("a" + forty.substr(1))
      .send("b" + forty.substr(1))
      .send("c" + forty.substr(1))
      .expect_outcome(outcome::dropped)
      .send("small")
      .expect_outcome(outcome::queued);
  EXPECT_EQ(script.session().outgoing().dropped_groups(), 1u);
  EXPECT_EQ(script.session().outgoing().dropped_bytes(), 40u);
  if (GetParam() == transport::polling) {
    script.get().expect_response("4a" + forty.substr(1) + "\x1e" + "4b" + forty.substr(1) + "\x1e" +
                                 "4small");
  } else {
    script.read_on()
        .expect_packet("4a" + forty.substr(1))
        .expect_packet("4b" + forty.substr(1))
        .expect_packet("4small");
  }
}

TEST_P(Limits, drop_oldest_keeps_what_is_new) {
  session_script script = slow(GetParam(), overflow_policy::drop_oldest);
  script.send("a" + forty.substr(1))
      .send("b" + forty.substr(1))
      .send("c" + forty.substr(1))
      .expect_outcome(outcome::queued);
  EXPECT_EQ(script.session().outgoing().dropped_groups(), 1u);
  if (GetParam() == transport::polling) {
    script.get().expect_response("4b" + forty.substr(1) + "\x1e" + "4c" + forty.substr(1));
  } else {
    script.read_on().expect_packet("4b" + forty.substr(1)).expect_packet("4c" + forty.substr(1));
  }
}

TEST_P(Limits, acknowledgements_are_never_dropped_and_close_when_they_alone_are_too_many) {
  for (const auto policy :
       {overflow_policy::close, overflow_policy::drop_newest, overflow_policy::drop_oldest}) {
    session_script script = slow(GetParam(), policy);
    script.send(forty, frame_class::ack)
        .send(forty, frame_class::ack)
        .expect_outcome(outcome::queued)
        .send(forty, frame_class::ack)
        .expect_outcome(outcome::overflow)
        .expect_closed(reason::transport_error, cause::slow_consumer);
    if (GetParam() == transport::websocket) script.expect_websocket_closed();
  }
}

TEST_P(Limits, HB03_pings_pass_a_full_queue_and_a_reader_that_stopped_times_out) {
  session_script script = slow(GetParam(), overflow_policy::drop_newest);
  script.send(forty)
      .send(forty)
      .wait(499ms)
      .expect_state(session::state::open)
      .wait(1ms)
      .expect_closed(reason::ping_timeout, cause::no_pong);
  if (GetParam() == transport::websocket) script.expect_websocket_closed();
  script.expect_no_state_left();
}

TEST(SessionLimits, a_message_that_can_never_fit_is_told_from_a_slow_reader) {
  session_script(limited(overflow_policy::close), transport::websocket)
      .forget_output()
      .send(std::string(1000, 'x'))
      .expect_outcome(outcome::overflow)
      .expect_closed(reason::transport_error, cause::slow_consumer)
      .expect_closed_with("message of 1005 bytes, a send queue takes no more than 100")
      .expect_websocket_closed();
}

TEST(SessionLimits, control_packets_over_their_reserve_are_named) {
  session_script(limited(overflow_policy::close), transport::websocket)
      .forget_output()
      .stop_reading()
      .send(std::string(70'000, 'x'), frame_class::control)
      .expect_outcome(outcome::queued)
      .send("and one more", frame_class::control)
      .expect_outcome(outcome::overflow)
      .expect_closed(reason::transport_error, cause::slow_consumer)
      .expect_closed_with(
          "control packet of 15 bytes behind 70011 bytes of them, the limit is 65536")
      .expect_websocket_closed();
}

TEST(SessionLimits, control_packets_are_exempt_but_not_unbounded) {
  session_script script = slow(transport::websocket, overflow_policy::drop_oldest);
  const std::string kilobyte(1000, 'c');
  int sent = 0;
  for (; sent < 1000 && script.session().current() == session::state::open; ++sent) {
    script.send(kilobyte, frame_class::control);
  }
  EXPECT_GT(sent, 60);
  EXPECT_LT(sent, 70);
  script.expect_closed(reason::transport_error, cause::slow_consumer).expect_websocket_closed();
}

TEST(SessionLimits, a_close_for_slowness_finishes_the_frame_that_is_partly_written) {
  const options with = limited(overflow_policy::close);
  session slow_one(with, "sid", transport::websocket, false, time_point{});
  while (slow_one.poll_event()) {
  }
  slow_one.outgoing().clear();
  const auto group = wire::frame::text({"4", forty}, frame_class::event);
  slow_one.send({&group, 1}, time_point{});
  slow_one.outgoing().consume(10);
  slow_one.send({&group, 1}, time_point{});
  slow_one.send({&group, 1}, time_point{});
  EXPECT_EQ(slow_one.current(), session::state::closed);
  EXPECT_TRUE(slow_one.outgoing().inside_frame());
  EXPECT_EQ(slow_one.outgoing().bytes(), 30u);
}

TEST(SessionLimits, a_payload_of_too_many_packets_ends_the_session) {
  options with = brisk_options();
  with.payload_packets_max = 3;
  session_script::polling_open(with)
      .post(
          "4a\x1e"
          "4b\x1e"
          "4c")
      .expect_message("a")
      .expect_message("b")
      .expect_message("c")
      .post(
          "4a\x1e"
          "4b\x1e"
          "4c\x1e"
          "4d")
      .expect_message("a")
      .expect_message("b")
      .expect_message("c")
      .expect_closed(reason::parse_error, cause::payload_too_many_packets)
      .expect_closed_with("payload of more than 3 packets")
      .expect_no_state_left();
}

TEST(SessionLimits, a_long_queue_is_fetched_in_several_polls) {
  options with = brisk_options();
  session_script script = session_script::polling_open(with);
  const std::string big(600'000, 'y');
  script.send(big).send(big).send("end").get().expect_response("4" + big).get().expect_response(
      "4" + big +
      "\x1e"
      "4end");
}

}  // namespace
}  // namespace socketio::engine::testing
