// The server pings, the client answers (HB-01 to HB-06). The next ping follows one interval after
// the pong, not after the last ping. While a pong is awaited, the first packet of any other kind
// buys its sender the full timeout once more.
//
// In revision 3 the client pings, and each ping buys it both times together (HB-10).
//
// Tested by tests/unit/engine/session_heartbeat_test.cpp and session_v3_test.cpp.
#include "engine/session.hpp"

namespace socketio::engine {

void session::on_heartbeat_expired() {
  switch (heartbeat_) {
    case heartbeat::idle: {
      thread_local const wire::frame ping = wire::frame::text({"2"}, wire::frame_class::control);
      heartbeat_ = heartbeat::awaiting_pong;
      deadline_ = now_ + options_.ping_timeout;
      send_heartbeat(ping);
      break;
    }
    case heartbeat::awaiting_pong:
    case heartbeat::awaiting_pong_extended:
      fail(reason::ping_timeout, cause::no_pong,
           "no pong within " + std::to_string(options_.ping_timeout.count()) + " ms");
      break;
    case heartbeat::awaiting_ping:
      fail(reason::ping_timeout, cause::no_pong,
           "no ping within " +
               std::to_string((options_.ping_interval + options_.ping_timeout).count()) + " ms");
      break;
  }
}

std::optional<event> session::on_heartbeat(bool ping) {
  const bool expects_ping = revision_ == revision::three;
  if (ping != expects_ping) {
    fail(reason::transport_error, cause::bad_heartbeat_direction,
         expects_ping ? "the client sent a pong; in revision 3 the server does"
                      : "the client sent a ping; in revision 4 the server does");
    return std::nullopt;
  }
  if (ping)
    on_ping();
  else
    on_pong();
  return event{event::kind::heartbeat};
}

void session::send_heartbeat(const wire::frame& what) {
  if (queue_.push({&what, 1}, options_.queue) != send_queue::outcome::overflow) return;
  queue_.drop_unsent();
  fail(reason::transport_error, cause::slow_consumer,
       "more than " + std::to_string(control_bytes_max) + " bytes of control packets queued");
}

void session::await_ping() {
  heartbeat_ = heartbeat::awaiting_ping;
  deadline_ = now_ + options_.ping_interval + options_.ping_timeout;
}

// What the ping carries is not sent back.
void session::on_ping() {
  thread_local const wire::frame pong = wire::frame::text({"3"}, wire::frame_class::control);
  await_ping();
  send_heartbeat(pong);
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
