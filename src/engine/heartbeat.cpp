// The server pings, the client answers (HB-01 to HB-06). The next ping follows one interval after
// the pong, not after the last ping. While a pong is awaited, the first packet of any other kind
// buys its sender the full timeout once more. Tested by
// tests/unit/engine/session_heartbeat_test.cpp.
#include "engine/session.hpp"

namespace socketio::engine {

void session::on_heartbeat_expired() {
  switch (heartbeat_) {
    case heartbeat::idle: {
      thread_local const wire::frame ping = wire::frame::text({"2"}, wire::frame_class::control);
      heartbeat_ = heartbeat::awaiting_pong;
      deadline_ = now_ + options_.ping_timeout;
      if (queue_.push({&ping, 1}, options_.queue) == send_queue::outcome::overflow) {
        queue_.drop_unsent();
        fail(reason::transport_error, cause::slow_consumer,
             "more than " + std::to_string(control_bytes_max) + " bytes of control packets queued");
      }
      break;
    }
    case heartbeat::awaiting_pong:
    case heartbeat::awaiting_pong_extended:
      fail(reason::ping_timeout, cause::no_pong,
           "no pong within " + std::to_string(options_.ping_timeout.count()) + " ms");
      break;
  }
}

// Also one that nobody asked for (HB-05).
void session::on_pong() {
  heartbeat_ = heartbeat::idle;
  deadline_ = now_ + options_.ping_interval;
}

void session::extend_wait_for_pong() {
  if (heartbeat_ != heartbeat::awaiting_pong) return;
  heartbeat_ = heartbeat::awaiting_pong_extended;
  deadline_ = now_ + options_.ping_timeout;
}

}  // namespace socketio::engine
