// What a turn of the reactor is made of. See reactor.hpp.
//
// The time is noted before the kernel is asked, so that what had arrived by then is told in this
// turn; timers expire up to that time. When none is due the kernel may keep us waiting in the same
// call: whatever it tells comes before the timers of the next turn.
#include "dial/reactor_inside.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <limits>

namespace socketio::dial {
namespace {

constexpr std::uint32_t ended = EPOLLHUP | EPOLLERR;
constexpr std::uint32_t can_read = EPOLLIN | EPOLLRDHUP | ended;
constexpr std::uint32_t can_write = EPOLLOUT | ended;

// Who always has more to read cannot hold up the timers for longer than either of these.
constexpr int turns_behind_max = 8;
constexpr milliseconds time_behind_max{1'000};

}  // namespace

void reactor::inside::run() {
  thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  while (!gone && !stopping.load(std::memory_order_relaxed)) turn(true);
  finish();
  thread.store(std::thread::id(), std::memory_order_relaxed);
}

void reactor::inside::once(bool may_wait) {
  if (in_turn) return;
  thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  if (!stopping.load(std::memory_order_relaxed)) turn(may_wait);
  if (!gone && stopping.load(std::memory_order_relaxed)) finish();
  thread.store(std::thread::id(), std::memory_order_relaxed);
}

void reactor::inside::turn(bool may_wait) {
  const time_point asked = clock::now();
  const int wait = patience(may_wait, asked);
  // So many can be ready: whoever is, is told in this turn.
  if (ready.size() <= watched.size()) ready.resize(2 * watched.size() + 1);
  const int count = ::epoll_wait(epoll.get(), ready.data(), static_cast<int>(ready.size()), wait);
  in_turn = true;
  ++turns;
  owner->running.turn_begins();
  now = wait == 0 ? asked : clock::now();

  tell({ready.data(), static_cast<std::size_t>(std::max(count, 0))});
  if (!gone && posted_waits.load(std::memory_order_relaxed)) run_posted();
  if (!gone) expire_timers(asked);
  if (!gone) flush_dirty();

  in_turn = false;
  if (!gone) owner->running.turn_ends();
}

// How long the kernel may wait, in its milliseconds; -1: for ever.
int reactor::inside::patience(bool may_wait, time_point asked) const noexcept {
  if (!may_wait || !dirty.empty() || !put_off.empty()) return 0;
  const auto next = wheel.next_expiry();
  if (!next) return -1;
  if (*next <= asked) return 0;
  const auto left = std::chrono::ceil<milliseconds>(*next - asked).count();
  return static_cast<int>(std::min<milliseconds::rep>(left, std::numeric_limits<int>::max()));
}

void reactor::inside::tell(std::span<const epoll_event> all) {
  for (const epoll_event& one : all) {
    const auto generation = static_cast<std::uint32_t>(one.data.u64 >> 32);
    if (generation == 0) {  // the bell; stop() rings it without posting
      posted_waits.store(true, std::memory_order_relaxed);
      continue;
    }
    const auto found = watched.find(static_cast<int>(one.data.u64 & 0xFFFF'FFFF));
    if (found == watched.end() || found->second.generation != generation) continue;
    const watched_one& about = found->second;
    const bool readable = about.read && (one.events & can_read) != 0;
    const bool writable = about.write && (one.events & can_write) != 0;
    if (!readable && !writable) continue;
    about.who->on_ready(readable, writable);
    if (gone) return;
  }
}

// Whether somebody has left something unread that may be older than `asked`.
bool reactor::inside::behind(time_point asked) noexcept {
  if (!std::exchange(unread, false)) {
    turns_behind = 0;
    return false;
  }
  if (turns_behind++ == 0) behind_since = asked;
  if (turns_behind <= turns_behind_max && asked - behind_since < time_behind_max) return true;
  turns_behind = 0;
  return false;
}

void reactor::inside::expire_timers(time_point asked) {
  if (behind(asked)) return;
  const auto next = wheel.next_expiry();
  if (!next || *next > asked) return;
  now = clock::now();
  wheel.advance(asked);
}

void reactor::inside::flush_dirty() {
  for (auto& work : std::exchange(put_off, {})) {
    work();
    if (gone) return;
  }
  flushing.swap(dirty);
  for (std::size_t i = 0; i < flushing.size(); ++i) {
    flushable* const who = std::exchange(flushing[i], nullptr);
    if (!who) continue;
    who->dirty = false;
    who->flush();
    if (gone) return;
  }
  flushing.clear();
}

void reactor::inside::forget(flushable& what) noexcept {
  if (!std::exchange(what.dirty, false)) return;
  const std::size_t place = what.dirty_place;
  const bool here = place < flushing.size() && flushing[place] == &what;
  auto& list = here ? flushing : dirty;
  assert(place < list.size() && list[place] == &what);
  list[place] = nullptr;
}

void reactor::mark_dirty(flushable& what) {
  if (what.dirty || inside_->gone) return;
  what.dirty = true;
  what.dirty_place = static_cast<std::uint32_t>(inside_->dirty.size());
  inside_->dirty.push_back(&what);
}
void reactor::forget(flushable& what) noexcept { inside_->forget(what); }
void reactor::at_end_of_turn(std::function<void()> work) {
  inside_->put_off.push_back(std::move(work));
}
void reactor::still_unread() noexcept { inside_->unread = true; }

}  // namespace socketio::dial
