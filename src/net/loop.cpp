// See loop.hpp and loop_impl.hpp. Tested by tests/unit/net/loop_test.cpp.
#include "net/loop.hpp"

#include "base/fetch_ahead.hpp"
#include "net/loop_impl.hpp"
#include "wire/frame.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace socketio::net {
namespace {

// Fits the second-level cache; a recv that does not fill it has emptied the socket.
constexpr std::size_t receive_bytes = 64 * 1024;

}  // namespace

// Only the shard's thread touches descriptors, so Asio need not lock them; posting stays safe from
// any thread.
loop::impl::impl(loop& of, std::size_t most)
    : owner(of),
      now(clock::now()),
      read_until(now),
      next_read_until(now),
      wheel(now),
      context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      work(context.get_executor()),
      ready(context, {.on_ready = [this] { on_ready(); },
                      .begin_turn = [this] { begin_turn(); },
                      .between = [this] { flush_if_much(); }}),
      alarm(context.get_executor()),
      buffer(std::make_unique_for_overwrite<char[]>(receive_bytes)),
      posted_bytes_max(most) {}

// What is dirty holds connections, whose sockets need the poller: they go first. The others are let
// go by the poller or by operations of the io_context later, and find that they are not dirty.
loop::impl::~impl() {
  assert(flushing.empty());
  gone = true;
  for (const dirty_one& one : dirty)
    if (one.who) one.who->dirty = false;
  const auto last = std::exchange(dirty, {});
}

void loop::impl::begin_turn() {
  if (in_turn) return;
  in_turn = true;
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

// ---- what was posted

post_outcome loop::impl::post(std::function<void()> what, std::size_t bytes) {
  {
    const std::lock_guard lock(posted_mutex);
    if (finished || (ending && !owner.on_thread())) return post_outcome::stopped;
    if (bytes > posted_bytes_max - std::min(waiting.bytes, posted_bytes_max)) {
      ++waiting.refused_total;
      return post_outcome::refused;
    }
    waiting.bytes += bytes;
    posted.push_back(std::move(what));
    if (posted.size() > 1) return post_outcome::queued;  // somebody has woken the loop already
    posted_waits.store(true, std::memory_order_relaxed);
  }
  asio::post(context, [this] { run_posted(); });
  return post_outcome::queued;
}

// Under the lock.
std::vector<std::function<void()>> loop::impl::take_posted() {
  performed_bytes = waiting.bytes;
  posted_waits.store(false, std::memory_order_relaxed);
  return std::exchange(posted, {});
}

// Whoever got `true` from post() is served, also when others throw.
void loop::impl::perform(std::vector<std::function<void()>> batch) noexcept {
  for (auto& work_item : batch) {
    try {
      work_item();
    } catch (...) {
      if (!owner.on_exception) std::terminate();
      owner.on_exception(std::current_exception());
    }
  }
  batch.clear();
  if (performed_bytes == 0) return;
  const std::lock_guard lock(posted_mutex);
  waiting.bytes -= std::exchange(performed_bytes, 0);
}

void loop::impl::run_posted() {
  begin_turn();
  std::unique_lock lock(posted_mutex);
  auto batch = take_posted();
  lock.unlock();
  perform(std::move(batch));
}

// They are served also when the loop was stopped meanwhile. Only what they post themselves is
// accepted: other threads might go on for ever.
void loop::impl::refuse_posts_and_run_the_last() {
  for (;;) {
    std::unique_lock lock(posted_mutex);
    ending = true;
    auto batch = take_posted();
    finished = batch.empty();
    if (finished) return;
    lock.unlock();
    perform(std::move(batch));
  }
}

loop::loop(std::size_t posted_bytes_max) : impl_(std::make_unique<impl>(*this, posted_bytes_max)) {}
// Who dies with the inside still finds it: impl_ points to it until the end.
loop::~loop() {
  delete impl_.get();
  static_cast<void>(impl_.release());
}

void loop::run() {
  impl_->thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  impl_->begin_turn();  // for what was armed, posted and marked before
  impl_->context.run();
  impl_->refuse_posts_and_run_the_last();
  impl_->flush_dirty();  // the last words, as far as the kernel takes them
  impl_->thread.store(std::thread::id(), std::memory_order_relaxed);
}

void loop::stop() noexcept {
  impl_->stopping.store(true, std::memory_order_relaxed);
  asio::post(impl_->context, [inside = impl_.get()] { inside->begin_turn(); });
}

bool loop::post(std::function<void()> work) {
  return impl_->post(std::move(work), 0) == post_outcome::queued;
}
post_outcome loop::post_event(std::function<void()> work, std::size_t bytes) {
  return impl_->post(std::move(work), bytes);
}

posted_counters loop::posted() const {
  const std::lock_guard lock(impl_->posted_mutex);
  return impl_->waiting;
}

// Relaxed: a thread only has to recognise what it stored itself.
bool loop::on_thread() const noexcept {
  return impl_->thread.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

time_point loop::now() const noexcept { return impl_->now; }
timer_wheel& loop::timers() noexcept { return impl_->wheel; }
time_point loop::exact_now() const noexcept { return clock::now(); }

void loop::mark_dirty(std::shared_ptr<flushable> what) {
  flushable& who = *what;
  if (!who.dirty) enlist(who, nullptr, std::move(what));
}

void loop::enlist(flushable& what, const void* reads, std::shared_ptr<flushable> kept) {
  assert(!impl_->gone);  // nobody would flush it, or let it go in time
  what.dirty = true;
  what.dirty_place = static_cast<std::uint32_t>(impl_->dirty.size());
  impl_->dirty.push_back({&what, reads, std::move(kept)});
  impl_->begin_turn();
}

// Whoever is dirty while others are flushed stands in one of the two lists.
void loop::impl::forget(flushable& what) noexcept {
  if (!std::exchange(what.dirty, false)) return;
  const bool here = what.dirty_place < flushing.size() && flushing[what.dirty_place].who == &what;
  auto& list = here ? flushing : dirty;
  assert(what.dirty_place < list.size() && list[what.dirty_place].who == &what);
  list[what.dirty_place].who = nullptr;
}

void loop::forget(flushable& what) noexcept { impl_->forget(what); }

std::span<char> loop::receive_buffer() noexcept { return {impl_->buffer.get(), receive_bytes}; }

}  // namespace socketio::net
