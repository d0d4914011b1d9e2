// How a session ends: because it is asked to, behind what was sent (CM-36), or because a transport
// failed (CM-34). See client_session.hpp.
#include "engine/client_session.hpp"

#include <utility>

namespace socketio::engine {

void client_session::close(time_point now) {
  if (state_ != state::opening && state_ != state::open) return;
  const bool opening = state_ == state::opening;
  state_ = state::closing;
  if (opening) return end(client_reason::forced_close, {});
  close_deadline_ = deadline_after(now, options_.close_timeout);
  flush();
  close_if_drained();
}

void client_session::abort(client_reason why, transport_failure what) { end(why, std::move(what)); }

// Everything is with the transport, and no upgrade stands between the two of them.
void client_session::close_if_drained() {
  if (state_ != state::closing || !queue_.empty() || posting_ || writing_ || upgrading()) return;
  end(client_reason::forced_close, {});
}

void client_session::drained() {
  if (!queue_.empty() || posting_ || writing_ || state_ == state::closed) return;
  if (!std::exchange(told_drained_, true)) tell({client_event::kind::drained});
  close_if_drained();
}

void client_session::fail(std::string text, transport_failure why) {
  if (state_ == state::closed) return;
  websocket_works_ = false;
  if (options_.try_all_transports && state_ == state::opening && transports_.size() > 1) {
    close_transport();
    sid_.clear();
    offered_.clear();
    transports_.erase(transports_.begin());
    return start(transports_.front());
  }
  client_event failed{client_event::kind::failed};
  failed.text = std::move(text);
  failed.failure = why;
  tell(std::move(failed));
  end(client_reason::transport_error, std::move(why));
}

void client_session::end(client_reason why, transport_failure what) {
  if (state_ == state::closed) return;
  close_transport();
  state_ = state::closed;
  queue_.clear();
  queued_bytes_ = posted_bytes_ = 0;
  client_event closed{client_event::kind::closed};
  closed.why = why;
  closed.failure = std::move(what);
  tell(std::move(closed));
}

// Over polling the server is told, and answers the GET that waits there. When it was not told who
// we are, or still reads a POST, cutting the requests says it too.
void client_session::close_transport() {
  if (upgrade_ != upgrade_stage::none) {
    upgrade_ = upgrade_stage::none;
    act({client_action::kind::close_websocket, websocket_place::candidate});
  }
  if (kind_ == transport::websocket) {
    act({client_action::kind::close_websocket, websocket_place::main});
  } else if (sid_.empty() || posting_) {
    act({client_action::kind::cancel_requests});
  } else {
    act({.what = client_action::kind::post_last,
         .query = query(transport::polling, true),
         .body = "1"});
  }
  websocket_open_ = writing_ = polling_ = posting_ = taking_records_ = false;
  records_ = {};
}

}  // namespace socketio::engine
