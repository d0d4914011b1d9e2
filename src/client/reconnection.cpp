// The loop of attempts: when one has failed or a connection was lost, the next one follows after a
// pause (CM-06 to CM-10, CM-16 to CM-19). See manager_state.hpp.
#include "client/manager_state.hpp"

#include <utility>

namespace socketio::client_side {

// CM-17: the first attempt of all has failed.
void manager_state::maybe_reconnect() {
  if (!reconnecting_ && reconnection_ && backoff_.attempts() == 0) reconnect();
}

// Who was told of the end may have opened it again.
void manager_state::reconnect() {
  if (skip_reconnect_) return backoff_.reset();
  if (reconnecting_ || gone_ || state_ != state::closed) return;
  const auto alive = shared_from_this();
  if (backoff_.attempts() >= attempts_max) {
    backoff_.reset();
    return out_->run("on_reconnect_failed", [alive] {
      alive->reconnect_failures.each({}, [](const auto& run) { run(); });
    });
  }
  reconnecting_ = true;
  const milliseconds pause = backoff_.next(delays, in_.random());
  in_.shard->timers().arm(reconnect_timer_, deadline_after(in_.shard->exact_now(), pause));
}

void manager_state::attempt() {
  if (skip_reconnect_ || gone_) return;
  const auto alive = shared_from_this();
  out_->run("on_reconnect_attempt", [alive, number = backoff_.attempts()] {
    alive->reconnect_attempts.each({}, [&](const auto& run) { run(number); });
  });
  if (!skip_reconnect_ && !gone_) open();
}

void manager_state::reconnected() {
  reconnecting_ = false;
  const auto number = backoff_.attempts();
  backoff_.reset();
  out_->run("on_reconnect", [alive = shared_from_this(), number] {
    alive->reconnects.each({}, [&](const auto& run) { run(number); });
  });
}

void manager_state::set_reconnection(bool on) {
  reconnection_ = on;
  // Closed by disconnect() it stays as it is.
  if (on && state_ != state::closed) skip_reconnect_ = false;
  if (on) return;
  skip_reconnect_ = true;
  reconnect_timer_.cancel();
  reconnecting_ = false;
  if (state_ == state::closed) backoff_.reset();
}

// What was established over the old network may be dead without knowing it.
void manager_state::network_changed() {
  if (is_open())
    return connection_->abort(client_reason::transport_close, "the network has changed");
  if (!reconnect_timer_.armed()) return;
  reconnect_timer_.cancel();
  attempt();
}

}  // namespace socketio::client_side
