// What a shard does once per second for those who look at it from outside: it notes how late it
// was, that it still turns, and from time to time what its queues and rooms hold, which takes a
// walk through all sessions (about 2 ms for 100,000). A scrape over HTTP asks for a fresh walk.
#include "core/nsp_group.hpp"
#include "server/shard.hpp"

namespace socketio {

namespace {

constexpr std::chrono::seconds pulse_interval{1};
constexpr unsigned pulses_per_walk = 5;

}  // namespace

void server::impl::shard::beat::on_expired(time_point) {
  const time_point now = of.loop->exact_now();
  of.measured.lag.observe(now - due);
  of.measured.last_beat.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  if (++count % pulses_per_walk == 0) of.measure();
  arm(now + pulse_interval);
}

void server::impl::shard::beat::arm(time_point when) {
  due = when;
  of.loop->timers().arm(*this, when);
}

void server::impl::shard::begin_beating() {
  const time_point now = loop->exact_now();
  measured.last_beat.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  beat_.arm(now + pulse_interval);
}

void server::impl::shard::measure() {
  if (!engine) return;
  const auto queues = engine->queues();
  measured.queued_bytes.set(queues.bytes);
  measured.queued_sessions.set(queues.sessions);
  measured.largest_queue.set(queues.largest);
  std::uint64_t rooms = 0;
  for (const auto& group : server_.namespaces.list()) rooms += group->part(index).room_count();
  measured.rooms.set(rooms);
}

duration server::impl::shard::since_last_beat(time_point now) const noexcept {
  return now - time_point(duration(measured.last_beat.load(std::memory_order_relaxed)));
}

}  // namespace socketio
