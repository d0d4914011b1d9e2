// See driven_loop.hpp; and the public event_loop.
#include "client/driven_loop.hpp"

#include "client/manager_state.hpp"
#include "socketio/event_loop.hpp"

#include <poll.h>
#include <stdexcept>
#include <utility>

namespace socketio {
namespace client_side {
namespace {

class turn_taking {
 public:
  explicit turn_taking(std::atomic<bool>& flag) noexcept
      : flag_(flag), mine_(!flag.exchange(true, std::memory_order_acquire)) {}
  ~turn_taking() {
    if (mine_) flag_.store(false, std::memory_order_release);
  }
  turn_taking(const turn_taking&) = delete;
  turn_taking& operator=(const turn_taking&) = delete;
  explicit operator bool() const noexcept { return mine_; }

 private:
  std::atomic<bool>& flag_;
  const bool mine_;
};

// Whoever is in run(), for as long.
class driving {
 public:
  explicit driving(std::atomic<std::thread::id>& who) noexcept : who_(who) {
    who_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  ~driving() { who_.store(std::thread::id(), std::memory_order_relaxed); }
  driving(const driving&) = delete;
  driving& operator=(const driving&) = delete;

 private:
  std::atomic<std::thread::id>& who_;
};

}  // namespace

// The last posts still run: among them may be the end of a manager, which says good-bye. There is
// no time left for the server to read what was sent before.
driven_loop::~driven_loop() {
  ended_ = true;
  shard_->post([this] {
    for (const auto& each : managers_)
      if (const auto left = each.lock()) left->hurry();
  });
  shard_->stop();
  shard_->run();
  shard_->attached().reset();
  for (const auto& each : managers_)
    if (const auto left = each.lock()) left->cut();
}

void driven_loop::run() {
  const turn_taking mine(driven_);
  if (!mine) throw std::logic_error("event_loop::run(): the loop is run already");
  const driving here(driver_);
  rethrow();
  while (!stop_wanted_.exchange(false)) {
    shard_->run_once();
    rethrow();
  }
}

void driven_loop::poll() {
  const turn_taking mine(driven_);
  if (!mine) return;
  driver_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  rethrow();
  shard_->poll();
  rethrow();
}

void driven_loop::stop() noexcept {
  stop_wanted_.store(true);
  shard_->wake();
}

// The reactor must not be left by an exception, so that it is thrown behind its turn, one at a
// time.
void driven_loop::rethrow() {
  if (thrown_.empty()) return;
  const auto first = thrown_.front();
  thrown_.erase(thrown_.begin());
  if (!thrown_.empty()) shard_->wake();  // for the next poll()
  std::rethrow_exception(first);
}

void driven_loop::post(std::function<void()> work) {
  shard_->post([this, work = std::move(work)] {
    if (ended_) return;
    try {
      work();
    } catch (...) {
      thrown_.push_back(std::current_exception());
    }
  });
}

bool driven_loop::run_here_until(const std::function<bool()>& done) {
  const auto driver = driver_.load(std::memory_order_relaxed);
  if (driver != std::thread::id() && driver != std::this_thread::get_id()) return false;
  const turn_taking mine(driven_);
  if (!mine) return false;
  while (!done()) {
    shard_->poll();
    if (done()) break;
    const auto due = shard_->deadline();
    const auto left = due ? std::chrono::ceil<milliseconds>(*due - clock::now()) : milliseconds(50);
    pollfd one{shard_->descriptor(), POLLIN, 0};
    ::poll(&one, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 50)));
  }
  return true;
}

std::optional<time_point> driven_loop::deadline() {
  const turn_taking mine(driven_);
  if (!mine) return clock::now() + milliseconds(5);
  return shard_->deadline();
}

void driven_loop::add(std::weak_ptr<manager_state> who) {
  const std::lock_guard lock(mutex_);
  std::erase_if(managers_, [](const auto& each) { return each.expired(); });
  managers_.push_back(std::move(who));
}

}  // namespace client_side

event_loop::event_loop() : impl_(std::make_shared<client_side::driven_loop>()) {}
// The last handle may go inside of a callback.
void event_loop::run() const {
  const auto kept = impl_;
  kept->run();
}
void event_loop::stop() const noexcept { impl_->stop(); }
void event_loop::poll() const {
  const auto kept = impl_;
  kept->poll();
}
int event_loop::native_handle() const noexcept { return impl_->shard()->descriptor(); }
std::optional<std::chrono::steady_clock::time_point> event_loop::deadline() const {
  return impl_->deadline();
}
void event_loop::post(std::function<void()> work) const { impl_->post(std::move(work)); }

}  // namespace socketio
