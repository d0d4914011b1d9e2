// What a turn of the loop is made of: who is told, which timers expire, who is written. The laws
// stand in loop_impl.hpp and docs/adr/0008 and 0009. Tested by tests/unit/net/loop_test.cpp and
// loop_catch_up_test.cpp.
#include "base/fetch_ahead.hpp"
#include "net/loop_impl.hpp"
#include "wire/frame.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace socketio::net {

void loop::impl::begin_turn() {
  if (in_turn) return;
  in_turn = true;
  owner.running.turn_begins();
  now = clock::now();
  asio::post(context, [this] { end_turn(); });
}

// Turn after turn, as long as many are ready and nobody else waits: after a few, the next question
// would probably find nobody. A turn that has begun already ends where Asio says. The clock is read
// before the kernel is asked: what arrives in between has not arrived by `now`.
void loop::impl::on_ready() {
  constexpr int turns_before_others = 8;  // accept, signals
  constexpr std::size_t many = 8;
  for (int i = 0; i < turns_before_others; ++i) {
    const bool begins = !in_turn;
    const time_point asked = begins ? clock::now() : now;
    const std::size_t count = ready.ask();
    if (count == 0) return;
    if (begins) owner.running.turn_begins();
    in_turn = true;
    now = asked;
    ready.tell_batch();
    if (!begins) return;
    finish_turn();
    if (count < many || stopping.load(std::memory_order_relaxed) || ready.others_wait() ||
        posted_waits.load(std::memory_order_relaxed))
      return;
  }
}

// A broadcast leaves thousands of connections here, none of which is in the cache any more: the
// next ones are fetched while the kernel is busy with this one.
void loop::impl::flush_dirty() {
  constexpr std::size_t ahead = 3;
  flushing.swap(dirty);
  const std::size_t count = flushing.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i + ahead < count) {
      fetch_ahead<4>(flushing[i + ahead].who);
      fetch_ahead<2>(flushing[i + ahead].reads);
    }
    flushable* const who = std::exchange(flushing[i].who, nullptr);
    if (!who) continue;
    who->dirty = false;
    who->flush();
  }
  flushing.clear();
  encoded_when_flushed = wire::frame::bytes_encoded();
}

// A turn that answers a hundred connections with long messages would have pushed the first answers
// out of the cache before the last is encoded. What is broadcast counts once: for as long as that
// is little, a connection is written once per turn.
void loop::impl::flush_if_much() {
  constexpr std::uint64_t much = 64 * 1024;
  if (wire::frame::bytes_encoded() - encoded_when_flushed > much) flush_dirty();
}

// Timers before writing, because what they send belongs to the same turn.
void loop::impl::end_turn() {
  catch_up();
  expire_timers();
  finish_turn();
}

// Whoever becomes dirty while others are flushed is written in the next turn, which begins at once;
// so does one for timers that are due and may not expire yet.
void loop::impl::finish_turn() {
  flush_dirty();
  in_turn = false;
  owner.running.turn_ends();
  if (stopping.load(std::memory_order_relaxed)) return context.stop();
  const auto next = wheel.next_expiry();
  if (!dirty.empty() || (next && *next <= now)) return begin_turn();
  if (next) arm_timer(*next);
}

// While the shard is behind with reading, read_until stands still: until everybody who was ready at
// that time has been told once, however long the application works for them, and then for as long
// as somebody has more in his socket. But whoever sends without an end cannot hold up the timers
// for ever. A new descriptor is read within two turns, so that steady connects cost timers no more.
void loop::impl::catch_up() {
  constexpr milliseconds patience{1'000};
  constexpr std::size_t turns_for_new = 2;
  const bool unread = ready.has_unread();
  if (unread || ready.has_new()) {
    if (turns_behind++ == 0) behind_since = now;
    if (turns_behind <= std::max(unread ? ready.batches_for_all() : 0, turns_for_new)) return;
    if (unread && turns_behind <= ready.batches_max() && now - behind_since < patience) return;
  }
  turns_behind = 0;
  read_until = std::exchange(next_read_until, now);
}

// What these begin counts from now and not from the beginning of the turn, which may be long ago.
// What runs behind a timer of the application asks for exact_now().
void loop::impl::expire_timers() {
  const auto next = wheel.next_expiry();
  if (!next || *next > read_until) return;
  now = clock::now();
  wheel.advance(read_until);
}

// The alarm is only moved when something is due earlier than it: an early alarm is harmless and
// saves the system call that every acknowledged ping would cost otherwise.
void loop::impl::arm_timer(time_point next) {
  if (alarm_at && *alarm_at <= next) return;
  alarm_at = next;
  alarm.expires_at(next);
  alarm.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // moved
    alarm_at.reset();
    begin_turn();
  });
}

// Whoever is dirty while others are flushed stands in one of the two lists.
void loop::impl::forget(flushable& what) noexcept {
  if (!std::exchange(what.dirty, false)) return;
  const bool here = what.dirty_place < flushing.size() && flushing[what.dirty_place].who == &what;
  auto& list = here ? flushing : dirty;
  assert(what.dirty_place < list.size() && list[what.dirty_place].who == &what);
  list[what.dirty_place].who = nullptr;
}

}  // namespace socketio::net
