// How a session ends: asked for by the application, or because the peer, the network or a limit
// says so.
//
// A WebSocket is closed at once, behind what is queued. Over polling somebody must come and fetch
// the close: a pending GET is answered "1"; otherwise the session is `closing` until the next GET,
// which gets "6" and "1", or until close_timeout or the heartbeat say that nobody comes (HS-23,
// HS-31).
//
// Tested by tests/unit/engine/session_close_test.cpp.
#include "engine/session.hpp"

#include <algorithm>

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
  // The heartbeat goes on without pings: whoever comes first, the end of its timeout or that of the
  // close.
  const bool pinged = heartbeat_ != heartbeat::idle;
  const time_point silence_ends = pinged ? deadline_ : deadline_ + options_.ping_timeout;
  const time_point patience_ends = now + options_.close_timeout;
  heartbeat_ = silence_ends < patience_ends ? heartbeat::awaiting_pong : heartbeat::idle;
  deadline_ = std::min(silence_ends, patience_ends);
  if (std::exchange(reading_data_, false)) request(action::abort_data);
}

// The client did not fetch the close in time.
void session::on_close_expired() {
  if (heartbeat_ != heartbeat::idle)
    return fail(reason::ping_timeout, cause::no_pong, "the client did not come to fetch the close");
  why_->what = cause::close_timeout;
  why_->detail += why_->detail.empty() ? "" : "; ";
  why_->detail += "the client did not fetch the close within " +
                  std::to_string(options_.close_timeout.count()) + " ms";
  finish();
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
