// The life of a loop and what is posted to it; loop_turns.cpp has its turns. See loop.hpp and
// loop_impl.hpp. Tested by tests/unit/net/loop_test.cpp.
#include "net/loop.hpp"

#include "net/loop_impl.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace socketio::net {
namespace {

// Fits the second-level cache; a recv that does not fill it has emptied the socket.
constexpr std::size_t receive_bytes = 64 * 1024;
// How often the last posts may post.
constexpr int last_rounds_max = 1'000;

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
// accepted, because other threads might go on for ever; and that not for ever either.
void loop::impl::refuse_posts_and_run_the_last() {
  for (int round = 1;; ++round) {
    std::unique_lock lock(posted_mutex);
    ending = true;
    auto batch = take_posted();
    finished = batch.empty() || round == last_rounds_max;
    if (batch.empty()) return;
    lock.unlock();
    perform(std::move(batch));
    if (round == last_rounds_max) return;
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

void loop::forget(flushable& what) noexcept { impl_->forget(what); }

std::span<char> loop::receive_buffer() noexcept { return {impl_->buffer.get(), receive_bytes}; }

}  // namespace socketio::net
