// A shard whose time moves when the test says so: no thread, no clock.
#pragma once

#include "base/executor.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <thread>

namespace socketio::testing_support {

class virtual_shard final : public executor {
 public:
  virtual_shard() : timers_(now_) {}

  // ---- as core sees it
  bool post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    posted_.push_back(std::move(work));
    return true;
  }
  bool on_thread() const noexcept override { return std::this_thread::get_id() == owner_; }
  time_point now() const noexcept override { return now_; }
  timer_wheel& timers() noexcept override { return timers_; }

  // ---- as the test drives it
  // Whatever was posted, also by what runs.
  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      if (posted_.empty()) return;
      const auto work = std::move(posted_.front());
      posted_.pop_front();
      lock.unlock();
      work();
    }
  }
  void advance(milliseconds time) {
    const time_point end = now_ + time;
    while (now_ < end) {
      now_ = std::min(end, timers_.next_expiry().value_or(end));
      timers_.advance(now_);
      run();
    }
  }
  // What is posted is destroyed, and from now on nothing is accepted.
  void stop() {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    const auto unheard = std::exchange(posted_, {});
    lock.unlock();
  }

 private:
  const std::thread::id owner_ = std::this_thread::get_id();
  time_point now_{std::chrono::hours(1)};
  timer_wheel timers_;
  std::mutex mutex_;  // guards what follows
  std::deque<std::function<void()>> posted_;
  bool stopped_ = false;
};

}  // namespace socketio::testing_support
