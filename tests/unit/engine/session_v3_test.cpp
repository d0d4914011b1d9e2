// Sessions of revision 3, as clients of Socket.IO 2 speak it (spec section 1.7).
#include "unit/engine/session_script.hpp"

namespace socketio::engine {
namespace {

using namespace std::string_literals;
using testing::brisk_options;
using testing::session_script;
using namespace std::chrono_literals;

session_script polling(bool text_only = false) {
  auto script = session_script::older(transport::polling, text_only);
  script.get().forget_output();
  return script;
}
session_script websocket(bool text_only = false) {
  auto script = session_script::older(transport::websocket, text_only);
  script.forget_output();
  return script;
}

// V3-02, V3-07, HS-07
TEST(SessionV3, the_open_packet_has_the_same_keys_behind_a_length) {
  const std::string open =
      R"(0{"sid":"sid-of-twenty-chars!","upgrades":["websocket"],"pingInterval":300,)"
      R"("pingTimeout":200,"maxPayload":1000000})";
  session_script::older().get().expect_response(std::to_string(open.size()) + ":" + open);
  session_script::older(transport::websocket).expect_packet_with("0{\"sid\":").expect_nothing();
}

// HB-10, V3-07
TEST(SessionV3, the_client_pings_and_the_server_answers) {
  websocket()
      .receive("2")
      .expect_event(event::kind::heartbeat)
      .expect_packet("3")
      .receive("2probe")
      .expect_event(event::kind::heartbeat)
      .expect_packet("3");
  polling().post("1:2").expect_event(event::kind::heartbeat).get().expect_response("1:3");
}

// HB-10
TEST(SessionV3, a_ping_buys_interval_and_timeout_together) {
  auto script = websocket();
  for (int i = 0; i < 3; i++) {
    script.wait(499ms).receive("2").expect_event(event::kind::heartbeat).expect_packet("3");
  }
  script.wait(499ms).expect_nothing().wait(1ms);
  script.expect_closed(reason::ping_timeout, cause::no_pong)
      .expect_closed_with("no ping within 500 ms")
      .expect_websocket_closed();
}

// HB-10: neither messages nor the upgrade are pings.
TEST(SessionV3, only_pings_count_for_the_heartbeat) {
  auto script = polling();
  script.wait(400ms).post("2:4a").expect_message("a");
  script.candidate().candidate_says("2probe").expect_event(event::kind::upgrading);
  script.expect_probe_reply().candidate_says("5").expect_promoted();
  script.expect_event(event::kind::upgraded).wait(99ms).expect_nothing().wait(1ms);
  script.expect_closed(reason::ping_timeout, cause::no_pong).expect_websocket_closed();
}

// HB-10
TEST(SessionV3, a_pong_of_the_client_is_an_error) {
  websocket()
      .receive("3")
      .expect_closed(reason::transport_error, cause::bad_heartbeat_direction)
      .expect_closed_with("in revision 3 the server does")
      .expect_websocket_closed();
}

TEST(SessionV3, pings_that_nobody_fetches_the_answers_of_have_a_limit) {
  auto script = polling();
  const std::size_t most = control_bytes_max / 3 + 1;
  for (std::size_t i = 0; i <= most && script.session().current() == session::state::open; i++)
    script.post("1:2");
  script.expect_state(session::state::closed);
  EXPECT_EQ(script.session().why().what, cause::slow_consumer);
  script.forget_output();
}

// V3-02, V3-05
TEST(SessionV3, text_payloads_carry_binary_as_base64_when_the_client_asked_for_it) {
  polling(/*text_only=*/true)
      .send("2[\"euro\",\"€😀\"]")
      .send_with_attachments("51-[\"b\"]", {"\1\2\3"})
      .get()
      .expect_response("16:42[\"euro\",\"€😀\"]9:451-[\"b\"]6:b4AQID");
}

// V3-03
TEST(SessionV3, a_payload_with_binary_is_binary) {
  const std::string text = "42[\"euro\",\"€😀\"]";
  polling()
      .send_with_attachments("51-[\"b\"]", {"\1\2\3"})
      .send("2[\"euro\",\"€😀\"]")
      .get()
      .expect_binary_response("\0\x09\xFF"s + "451-[\"b\"]" + "\1\4\xFF\4\1\2\3" + "\0\2\0\xFF"s +
                              text)
      .send("2[]")
      .get()
      .expect_response("4:42[]");
}

// HS-17, V3-03
TEST(SessionV3, takes_binary_payloads) {
  polling()
      .post_binary("\0\5\xFF"s + "451-x" + "\1\4\xFF\4\1\2\3"s)
      .expect_message("51-x")
      .expect_binary_message("\1\2\3");
}

// V3-02, V3-05
TEST(SessionV3, takes_text_payloads) {
  polling()
      .post("16:42[\"euro\",\"€😀\"]0:6:b4AQID1:2")
      .expect_message("2[\"euro\",\"€😀\"]")
      .expect_binary_message("\1\2\3")
      .expect_event(event::kind::heartbeat)
      .post("0:")
      .expect_nothing()
      .get()
      .expect_response("1:3");
}

// V3-06, HS-21
TEST(SessionV3, a_bad_payload_is_a_parse_error) {
  for (const auto bad : {"", "x", "2:4", "1:", "1:9", "2:4a3:4b", "0"}) {
    auto script = polling();
    script.post(bad);
    if (bad == "2:4a3:4b"s) script.expect_message("a");
    script.expect_closed(reason::parse_error, cause::malformed_engine_packet);
  }
  for (const auto& bad : {""s, "\0"s, "\1\1\xFF\7"s, "\1\2\xFF\4"s, "\2\1\xFF\4"s}) {
    polling().post_binary(bad).expect_closed(reason::parse_error, cause::malformed_engine_packet);
  }
}

TEST(SessionV3, the_packets_of_a_payload_have_a_limit) {
  auto few = brisk_options();
  few.payload_packets_max = 2;
  session_script script(few, transport::polling, false, revision::three);
  script.get()
      .forget_output()
      .post("1:60:1:6")
      .expect_closed(reason::parse_error, cause::payload_too_many_packets);
}

// V3-04
TEST(SessionV3, binary_over_websocket_has_a_type) {
  websocket()
      .send_with_attachments("51-[\"b\"]", {"\1\2\3"})
      .expect_packet("451-[\"b\"]")
      .expect_binary("\4\1\2\3")
      .receive_binary("\4\7\7\7")
      .expect_binary_message("\7\7\7");
  for (const auto& bad : {""s, "\7"s, "\xFF\4"s}) {
    websocket()
        .receive_binary(bad)
        .expect_closed(reason::parse_error, cause::malformed_engine_packet)
        .expect_websocket_closed();
  }
}

// WS-02, V3-05
TEST(SessionV3, binary_over_websocket_is_text_when_the_client_asked_for_it) {
  websocket(/*text_only=*/true)
      .send_with_attachments("51-[\"b\"]", {"\1\2\3"})
      .expect_packet("451-[\"b\"]")
      .expect_packet("b4AQID")
      .receive("b4BwcH")
      .expect_binary_message("\7\7\7");
}

// V3-04, WS-15: what was queued while polling goes out over the WebSocket.
TEST(SessionV3, what_is_queued_at_the_upgrade_gets_its_type) {
  polling()
      .candidate()
      .send_with_attachments("51-[\"b\"]", {"\1\2\3"})
      .candidate_says("5")
      .expect_promoted()
      .expect_event(event::kind::upgraded)
      .expect_packet("451-[\"b\"]")
      .expect_binary("\4\1\2\3");
}

// HS-22, HS-23
TEST(SessionV3, the_ways_to_close_over_polling) {
  polling().get().post("1:1").expect_response("1:6").expect_closed(reason::transport_close,
                                                                   cause::closed_by_peer);
  polling().get().close().expect_response("1:1").expect_closed(reason::forced_close,
                                                               cause::connection_close);
  polling().close().get().expect_response("1:61:1").expect_closed(reason::forced_close,
                                                                  cause::connection_close);
  polling()
      .send_with_attachments("51-[]", {"\1"})
      .get()
      .expect_binary_response("\0\6\xFF"s + "451-[]" + "\1\2\xFF\4\1")
      .get()
      .candidate()
      .candidate_says("2probe")
      .expect_event(event::kind::upgrading)
      .expect_probe_reply()
      .expect_response("1:6")
      .hang_up();
}

// HB-10, HS-23: a client that does not come to fetch the close is silent since its last ping.
TEST(SessionV3, a_close_that_nobody_fetches_ends_with_the_heartbeat) {
  polling().wait(400ms).close().wait(99ms).expect_nothing().wait(1ms).expect_closed(
      reason::ping_timeout, cause::no_pong);
}

}  // namespace
}  // namespace socketio::engine
