// A small language for tests of engine::session: what the peer does, what the application does, how
// time passes, and what must be seen of it. The clock moves only in wait(). After every step the
// session is drained as the driver does it, and what came out is kept until an expect_*() asks for
// it; end() fails when something was never asked for.
//
//   session_script().get().expect_response_with("0{").post("4hello").expect_message("hello");
#pragma once

#include "engine/session.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::engine::testing {

using namespace std::chrono_literals;
using place = std::source_location;

// Thrown by a step when the script was told that the peer dies there.
struct peer_died : std::runtime_error {
  peer_died() : std::runtime_error("the peer died") {}
};

// The options of the script: short and round times.
inline options brisk_options() {
  options made;
  made.ping_interval = milliseconds(300);
  made.ping_timeout = milliseconds(200);
  made.upgrade_timeout = milliseconds(1000);
  made.close_timeout = milliseconds(3000);
  return made;
}

class session_script {
 public:
  explicit session_script(options with = brisk_options(), transport first = transport::polling,
                          bool text_only = false, revision spoken = revision::four);
  // A client of revision 3.
  static session_script older(transport first = transport::polling, bool text_only = false) {
    return session_script(brisk_options(), first, text_only, revision::three);
  }
  static session_script websocket(options with = brisk_options(), bool text_only = false) {
    return session_script(std::move(with), transport::websocket, text_only);
  }
  // A polling session whose open packet was fetched, and the same after an upgrade.
  static session_script polling_open(options with = brisk_options());
  static session_script upgraded(options with = brisk_options());
  session_script(session_script&&) = default;
  ~session_script() { end(); }

  // ---- the peer, over polling
  session_script& get(place where = place::current());  // arrives and is accepted
  session_script& get_refused(place where = place::current());
  session_script& abort_get();
  session_script& post(std::string_view body,
                       place where = place::current());  // arrives as a whole
  session_script& post_binary(std::string_view body, place where = place::current());
  session_script& begin_post(place where = place::current());
  session_script& begin_post_refused(place where = place::current());
  session_script& finish_post(std::string_view body);
  session_script& abort_post();
  session_script& post_too_big(place where = place::current());
  session_script& post_binary_type(place where = place::current());
  session_script& expect_response(std::string_view body, place where = place::current());
  session_script& expect_binary_response(std::string_view body, place where = place::current());
  session_script& expect_response_with(std::string_view prefix, place where = place::current());
  session_script& expect_post_cut(place where = place::current());

  // ---- the peer, over WebSocket
  session_script& receive(std::string_view text);
  session_script& receive_binary(std::string_view bytes);
  session_script& hang_up();  // its connection ends
  session_script& stop_reading() { return reads_ = false, *this; }
  session_script& read_on();
  session_script& expect_packet(std::string_view text, place where = place::current());
  session_script& expect_packet_with(std::string_view prefix, place where = place::current());
  session_script& expect_binary(std::string_view bytes, place where = place::current());
  session_script& expect_websocket_closed(place where = place::current());

  // ---- the peer, on the candidate of an upgrade
  session_script& candidate(bool text_only = false, place where = place::current());
  session_script& candidate_refused(place where = place::current());
  session_script& candidate_says(std::string_view text);
  session_script& candidate_says_binary(std::string_view bytes);
  session_script& candidate_gone();
  session_script& expect_probe_reply(place where = place::current());
  session_script& expect_promoted(place where = place::current());
  session_script& expect_candidate_closed(place where = place::current());

  // ---- the application
  session_script& send(std::string_view message, wire::frame_class kind = wire::frame_class::event);
  session_script& send_with_attachments(std::string_view message,
                                        std::vector<std::string> attachments,
                                        wire::frame_class kind = wire::frame_class::event);
  session_script& expect_outcome(send_queue::outcome outcome, place where = place::current());
  session_script& close(reason why = reason::forced_close);
  session_script& discard(reason why = reason::server_shutting_down);
  // What the application does when it gets its next message.
  session_script& on_next_message(std::function<void(session_script&)> what);
  session_script& expect_message(std::string_view data, place where = place::current());
  session_script& expect_binary_message(std::string_view data, place where = place::current());
  session_script& expect_event(event::kind what, place where = place::current());
  session_script& expect_drained(
      place where = place::current());  // at least once; else not asked for
  session_script& expect_closed(reason why, cause what, place where = place::current());
  session_script& expect_closed_with(std::string_view part_of_detail,
                                     place where = place::current());

  // ---- time and state
  session_script& wait(duration time);
  session_script& expect_state(session::state state, place where = place::current());
  session_script& expect_transport(transport kind, place where = place::current());
  session_script& expect_writable(bool writable, place where = place::current());
  session_script& expect_nothing(place where = place::current());
  session_script& expect_no_state_left(place where = place::current());
  session_script& forget_output();  // whatever was seen so far is fine

  // The peer dies at the `step`th step from now, counted from 0: the step throws peer_died instead
  // of happening.
  void die_at(int step) { steps_until_death_ = step; }
  // Ends every connection that is open, as the kernel does for a peer that is gone.
  void lose_everything();

  engine::session& session() { return *session_; }
  time_point now() const { return now_; }
  void end(place where = place::current());
  void drain();

 private:
  void step();
  void note(const event& what);
  void perform(action what);
  void write_out();
  void fail(place where, const std::string& message) const {
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << message << describe();
  }
  std::string describe() const;
  std::string take(std::deque<std::string>& from, const char* what, place where);
  void compare(const std::string& got, std::string_view wanted, place where) const;
  void compare_prefix(const std::string& got, std::string_view wanted, place where) const;
  void expect_flag(bool& flag, const char* what, place where);

  std::unique_ptr<options> options_;
  time_point now_{std::chrono::hours(1)};
  std::unique_ptr<engine::session> session_;
  std::vector<std::unique_ptr<std::string>> bodies_;
  bool reads_ = true;
  bool draining_ = false;
  int steps_until_death_ = -1;
  int closed_events_ = 0;
  bool candidate_alive_ = false, websocket_alive_ = false, reading_post_ = false;
  send_queue::outcome outcome_ = send_queue::outcome::queued;
  std::function<void(session_script&)> on_message_;

  std::deque<std::string> responses_, messages_, packets_;  // binary with the prefix "<binary>"
  std::deque<event::kind> events_;
  bool post_cut_ = false, probe_reply_ = false, promoted_ = false, candidate_closed_ = false,
       websocket_closed_ = false, drained_ = false;
};

}  // namespace socketio::engine::testing
