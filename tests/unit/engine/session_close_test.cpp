// How WebSocket sessions end. Rows HS-31, WS-06, DM-04, DM-05, ER-14; polling is in
// session_polling_test.cpp.
#include "unit/engine/session_script.hpp"

#include <gtest/gtest.h>

namespace socketio::engine::testing {
namespace {

session_script open_websocket() {
  session_script script = session_script::websocket();
  script.forget_output();
  return script;
}

TEST(SessionClose, WS06_DM04_a_close_by_the_application_closes_the_websocket) {
  open_websocket()
      .close()
      .expect_closed(reason::forced_close, cause::connection_close)
      .expect_websocket_closed()
      .expect_no_state_left();
}

TEST(SessionClose, HS31_what_was_sent_before_the_close_stands_in_front_of_it) {
  session_script script = open_websocket();
  script.stop_reading().send("last words").close();
  script.expect_closed(reason::forced_close, cause::connection_close).expect_websocket_closed();
  EXPECT_FALSE(script.session().outgoing().empty()) << "the driver writes it, then the close frame";
  script.expect_no_state_left();
}

TEST(SessionClose, SV09_a_discarding_close_of_a_websocket_tells_what_it_can) {
  session_script script = open_websocket();
  script.stop_reading().send("shutting down").discard();
  script.expect_closed(reason::server_shutting_down, cause::server_close).expect_websocket_closed();
  EXPECT_FALSE(script.session().outgoing().empty());
}

TEST(SessionClose, DM05_the_end_of_the_connection_is_a_transport_close) {
  open_websocket()
      .hang_up()
      .expect_closed(reason::transport_close, cause::connection_lost)
      .expect_closed_with("gone")
      .expect_no_state_left();
}

TEST(SessionClose, the_first_end_counts) {
  open_websocket()
      .close()
      .expect_closed(reason::forced_close, cause::connection_close)
      .expect_websocket_closed()
      .close(reason::server_shutting_down)
      .discard()
      .hang_up()
      .wait(10s)
      .expect_nothing()
      .expect_no_state_left();
  open_websocket()
      .hang_up()
      .expect_closed(reason::transport_close, cause::connection_lost)
      .close()
      .receive("4late")
      .wait(10s)
      .expect_nothing()
      .expect_no_state_left();
}

TEST(SessionClose, ER14_the_reasons_are_the_official_ones) {
  const auto text = [](session_script& script) { return script.session().why().text(); };
  session_script error = open_websocket(), parse = open_websocket(), ping = open_websocket(),
                 forced = open_websocket(), gone = open_websocket();
  EXPECT_EQ(text(error.receive("2").forget_output()), "transport error");
  EXPECT_EQ(text(parse.receive("9").forget_output()), "parse error");
  EXPECT_EQ(text(ping.wait(500ms).forget_output()), "ping timeout");
  EXPECT_EQ(text(forced.close().forget_output()), "forced close");
  EXPECT_EQ(text(gone.hang_up().forget_output()), "transport close");
}

TEST(SessionClose, a_handler_may_close_the_session_whose_message_it_handles) {
  open_websocket()
      .on_next_message([](session_script& script) { script.send("bye").close(); })
      .receive("4hello")
      .expect_message("hello")
      .expect_closed(reason::forced_close, cause::connection_close)
      .expect_websocket_closed()
      .expect_packet("4bye")
      .expect_no_state_left();
}

}  // namespace
}  // namespace socketio::engine::testing
