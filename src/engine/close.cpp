// How a session ends: asked for by the application, or because the peer, the network or a limit
// says so.
//
// A WebSocket is closed at once, behind what is queued. Over polling somebody must come and fetch
// the close: a pending GET is answered "1"; otherwise the session is `closing` until the next GET,
// which gets "6" and "1", or until close_timeout (HS-23, HS-31).
//
// Tested by tests/unit/engine/session_close_test.cpp.
#include "engine/session.hpp"

namespace socketio::engine {

// JS differs: engine.io 6.6.11, build/socket.js, reports the close of a WebSocket when its buffer
// was handed to the operating system; here at once, and the connection below writes the rest (for a
// limited time).
//
// JS differs: close(discard) there drops what is queued; here what can still be told (to a
// WebSocket or to a pending GET) is told, because there it would have been handed to the transport
// before.
void session::close(reason why, cause what, std::string detail, bool discard, time_point now) {
  now_ = now;
  if (state_ == state::closed || (state_ == state::closing && !discard)) return;
  if (state_ != state::closing) remember(why, what, std::move(detail));
  if (transport_ == transport::websocket) return finish();

  if (discard || (poll_pending_ && queue_.empty())) {
    if (poll_pending_) farewell_ = farewell::close;
    return finish();
  }
  state_ = state::closing;
  deadline_ = now + options_.close_timeout;
  if (std::exchange(reading_data_, false)) request(action::abort_data);
}

// The end without a choice. While closing, too: who dies first gives the reason, as in JavaScript.
void session::fail(reason why, cause what, std::string detail) {
  if (state_ == state::closed) return;
  remember(why, what, std::move(detail));
  if (poll_pending_) farewell_ = farewell::close;
  finish();
}

void session::remember(reason why, cause what, std::string detail) {
  why_ = std::make_unique<disconnect_reason>(disconnect_reason{why, what, std::move(detail)});
}

// Beyond this point nothing is accepted any more; events and actions that are due can still be
// polled.
void session::finish() {
  state_ = state::closed;
  input_ = {};
  input_kind_ = input::none;
  if (std::exchange(reading_data_, false)) request(action::abort_data);
  if (candidate_ != candidate::none) drop_candidate();
  if (std::exchange(websocket_alive_, false)) request(action::close_websocket);
  raise(event::kind::closed);
}

const disconnect_reason& session::why() const noexcept {
  static const disconnect_reason none;
  return why_ ? *why_ : none;
}

}  // namespace socketio::engine
