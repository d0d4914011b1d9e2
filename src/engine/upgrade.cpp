// From polling to WebSocket (WS-09 to WS-15). A candidate is a WebSocket that names a polling
// session:
//
//   "2probe"   is answered with "3probe", and from now on every GET is answered at once,
//              so that the client can stop polling without losing a packet
//   "5"        the candidate is the transport; what is queued goes there
//   else, or nothing for upgrade_timeout: it is closed, and the session polls on
//
// No message of the application travels on the candidate before the "5", and none over polling
// after it: so nothing is lost, doubled or overtaken, whatever the order in which the three
// connections are served. "5" counts without a probe. Whoever feeds the session reads nothing of
// the candidate while a payload of the polling is being handed out.
//
// Tested by tests/unit/engine/session_upgrade_test.cpp (every interleaving as a property).
#include "engine/session.hpp"

namespace socketio::engine {

// JS differs: engine.io 6.6.11, build/server.js, lets a session that began on WebSocket "upgrade"
// to another WebSocket; no client does that, and it would let anybody who knows an id take over a
// live connection.
session::verdict session::on_candidate(time_point now, bool text_only) {
  now_ = now;
  if (state_ == state::closed || transport_ != transport::polling ||
      candidate_ != candidate::none) {
    return verdict::refused;
  }
  candidate_ = candidate::connected;
  candidate_text_only_ = text_only;
  upgrade_deadline_ = now + options_.upgrade_timeout;
  return verdict::accepted;
}

void session::on_candidate_message(message_kind format, std::string_view data, time_point now) {
  now_ = now;
  if (candidate_ == candidate::none) return;
  if (format == message_kind::text && data == "2probe") {
    candidate_ = candidate::probed;
    raise(event::kind::upgrading);
    request(action::send_probe_reply);
  } else if (format == message_kind::text && data.starts_with('5')) {
    promote();
  } else {
    drop_candidate();
  }
}

void session::on_candidate_closed(time_point now) {
  now_ = now;
  candidate_ = candidate::none;
  withdraw(action::close_candidate);
  withdraw(action::send_probe_reply);
}

// Beyond this point the transport is websocket, for good.
void session::promote() {
  candidate_ = candidate::none;
  transport_ = transport::websocket;
  websocket_alive_ = true;
  binary_ = form_of(revision_, candidate_text_only_);
  if (binary_ != binary_form::plain) queue_.convert(binary_);
  // A client that follows the protocol has neither of these now. What JavaScript does to the
  // others:
  if (poll_pending_) farewell_ = farewell::close;
  if (std::exchange(reading_data_, false)) request(action::abort_data);
  request(action::promote_candidate);
  raise(event::kind::upgraded);
  // JS differs: engine.io 6.6.11, build/socket.js, clearTransport() stops waiting for a pong and,
  // when that pong is lost, never pings again; here the next ping follows one interval after the
  // switch (HB-11, Q-12).
  if (revision_ == revision::four && heartbeat_ != heartbeat::idle) on_pong();
  if (state_ == state::closing) finish();  // WS-14: the close that was asked for while polling
}

void session::drop_candidate() noexcept {
  candidate_ = candidate::none;
  request(action::close_candidate);
}

}  // namespace socketio::engine
