// The life of a reactor and what is posted to it. See reactor.hpp.
#include "dial/reactor.hpp"

#include "dial/reactor_inside.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace socketio::dial {
namespace {

constexpr std::size_t receive_bytes = 64 * 1024;
// How often the last posts may post.
constexpr int last_rounds_max = 1'000;

int checked(int made, const char* what) {
  if (made < 0) throw std::system_error(errno, std::generic_category(), what);
  return made;
}

}  // namespace

file_descriptor::~file_descriptor() { ::close(owned_); }

reactor::inside::inside(reactor& of, std::size_t most)
    : owner(&of),
      epoll(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      bell(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      ready(16),
      now(clock::now()),
      wheel(now),
      behind_since(now),
      buffer(std::make_unique_for_overwrite<char[]>(receive_bytes)),
      posted_bytes_max(most) {
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.u64 = static_cast<std::uint64_t>(bell.get());
  checked(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, bell.get(), &wanted), "epoll_ctl");
}

// The reactor goes. Whatever is let go here may still unwatch, forget and post.
void reactor::inside::leave() noexcept {
  gone = true;
  attached.reset();
  std::vector<std::function<void()>> rest;
  {
    const std::lock_guard lock(mutex);
    finished = true;
    rest = std::exchange(posted, {});
  }
  rest.clear();
  const auto last = std::exchange(put_off, {});
  wheel.clear();
  for (const auto* list : {&dirty, &flushing}) {
    for (flushable* const who : *list)
      if (who) who->dirty = false;
  }
  dirty.clear();
  std::ranges::fill(flushing, nullptr);
  watched.clear();
}

// ---- posting

post_outcome reactor::inside::post(std::function<void()> work, std::size_t bytes) {
  const std::lock_guard lock(mutex);
  if (finished || (ending && !on_thread())) return post_outcome::stopped;
  if (bytes > posted_bytes_max - std::min(waiting_bytes, posted_bytes_max))
    return post_outcome::refused;
  waiting_bytes += bytes;
  posted.push_back(std::move(work));
  if (posted.size() > 1) return post_outcome::queued;  // the bell has been rung already
  posted_waits.store(true, std::memory_order_relaxed);
  wake();
  return post_outcome::queued;
}

void reactor::inside::wake() noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(bell.get(), &one, sizeof one));  // full is as good
}

// Under the lock, as the ringing is, so that no ring is lost.
std::vector<std::function<void()>> reactor::inside::take_posted() {
  std::uint64_t rings;
  static_cast<void>(!::read(bell.get(), &rings, sizeof rings));
  posted_waits.store(false, std::memory_order_relaxed);
  performed_bytes = waiting_bytes;
  return std::exchange(posted, {});
}

// Whoever got `true` from post() is served, also when others throw, but not by a reactor that has
// gone.
void reactor::inside::perform(std::vector<std::function<void()>> batch) {
  for (auto& work : batch) {
    if (gone) return;
    try {
      work();
    } catch (...) {
      if (gone) return;
      if (!owner->on_exception) std::terminate();
      owner->on_exception(std::current_exception());
    }
    work = nullptr;
  }
  if (performed_bytes == 0) return;
  const std::lock_guard lock(mutex);
  waiting_bytes -= std::exchange(performed_bytes, 0);
}

void reactor::inside::run_posted() {
  std::unique_lock lock(mutex);
  auto batch = take_posted();
  lock.unlock();
  perform(std::move(batch));
}

// They are served also when the reactor was stopped meanwhile. Only what they post themselves is
// accepted, because other threads might go on for ever; and that not for ever either.
void reactor::inside::finish() {
  in_turn = true;
  for (int round = 1; !gone; ++round) {
    std::unique_lock lock(mutex);
    if (finished) return;
    ending = true;
    auto batch = take_posted();
    finished = batch.empty() || round == last_rounds_max;
    const bool last = finished;
    lock.unlock();
    perform(std::move(batch));
    if (last) break;
  }
  if (!gone) flush_dirty();  // the last words, as far as the kernel takes them
  in_turn = false;
}

// ---- the outside

reactor::reactor(std::size_t posted_bytes_max)
    : inside_(std::make_shared<inside>(*this, posted_bytes_max)) {}
reactor::~reactor() { inside_->leave(); }

void reactor::run() { std::shared_ptr(inside_)->run(); }
void reactor::poll() { std::shared_ptr(inside_)->once(false); }
void reactor::run_once() { std::shared_ptr(inside_)->once(true); }
void reactor::wake() noexcept { inside_->wake(); }
void reactor::stop() noexcept {
  inside_->stopping.store(true, std::memory_order_relaxed);
  inside_->wake();
}

int reactor::descriptor() const noexcept { return inside_->epoll.get(); }
std::optional<time_point> reactor::deadline() const {
  if (!inside_->dirty.empty() || !inside_->put_off.empty()) return inside_->now;
  return inside_->wheel.next_expiry();
}

bool reactor::post(std::function<void()> work) {
  return inside_->post(std::move(work), 0) == post_outcome::queued;
}
post_outcome reactor::post_event(std::function<void()> work, std::size_t bytes) {
  return inside_->post(std::move(work), bytes);
}
// Relaxed: a thread only has to recognise what it stored itself.
bool reactor::inside::on_thread() const noexcept {
  return thread.load(std::memory_order_relaxed) == std::this_thread::get_id();
}
bool reactor::on_thread() const noexcept { return inside_->on_thread(); }
time_point reactor::now() const noexcept { return inside_->now; }
timer_wheel& reactor::timers() noexcept { return inside_->wheel; }
time_point reactor::exact_now() const noexcept { return clock::now(); }

std::uint64_t reactor::turn() const noexcept { return inside_->turns; }
std::span<char> reactor::receive_buffer() noexcept {
  return {inside_->buffer.get(), receive_bytes};
}
std::unique_ptr<reactor::attachment>& reactor::attached() noexcept { return inside_->attached; }

}  // namespace socketio::dial
