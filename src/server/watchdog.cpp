#include "server/watchdog.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace socketio {
namespace {

// Signals are for the threads of the application.
class without_signals {
 public:
  without_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~without_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  without_signals(const without_signals&) = delete;
  without_signals& operator=(const without_signals&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

watchdog::watchdog(std::vector<activity*> shards, duration limit,
                   std::function<void(unsigned, const activity::call&, bool)> tell)
    : shards_(std::move(shards)), limit_(limit), tell_(std::move(tell)) {
  const without_signals inherited;
  thread_ = std::thread([this] { run(); });
}

watchdog::~watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_one();
  thread_.join();
}

// A quarter of the limit: what is told late is late by as much.
void watchdog::run() {
  const duration pause = std::max<duration>(limit_ / 4, milliseconds(1));
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (stopped_.wait_until(lock, clock::now() + pause, [this] { return stopping_; })) return;
    }
    const time_point now = clock::now();
    for (unsigned i = 0; i < shards_.size(); i++) {
      const auto blocked = shards_[i]->look(now, limit_);
      if (!blocked) continue;
      tell_(i, *blocked, /*over=*/false);
      if (const auto ended = shards_[i]->told()) tell_(i, *ended, /*over=*/true);
    }
  }
}

}  // namespace socketio
