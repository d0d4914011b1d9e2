// Tells a shard when the process gets a signal: the handler of the signal only writes to a pipe,
// the work happens on the shard. While a watch lives, its signals do not have their usual effect.
// Tested by tests/unit/net/loop_test.cpp.
#pragma once

#include "net/loop.hpp"

#include <functional>
#include <initializer_list>
#include <memory>

namespace socketio::net {

class signal_watch {
 public:
  // Calls `told(number)` on the shard, every time. `shard` must outlive the watch.
  signal_watch(loop& shard, std::initializer_list<int> signals, std::function<void(int)> told);
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace socketio::net
