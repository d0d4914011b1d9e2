// Looks from a thread of its own at what runs on the shards, and tells of calls of the application
// that keep their shard for too long: while they run, so that a deadlock is told of too. What has
// ended is told by the shard itself (activity::on_ended), unless it ends while it is being told.
//
// Tested by tests/integration/watchdog_test.cpp.
#pragma once

#include "base/activity.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace socketio {

class watchdog {
 public:
  // `tell` is called on the watchdog's thread with the index in `shards`, and whether the call has
  // ended meanwhile; it must not throw. Throws std::system_error when there is no thread to be had.
  watchdog(std::vector<activity*> shards, duration limit,
           std::function<void(unsigned shard, const activity::call&, bool over)> tell);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

 private:
  void run();

  const std::vector<activity*> shards_;
  const duration limit_;
  const std::function<void(unsigned, const activity::call&, bool)> tell_;
  std::mutex mutex_;  // guards stopping_
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace socketio
