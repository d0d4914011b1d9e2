// What event_loop points to: a reactor that the application runs, and the managers on it, which it
// cuts when it ends, because then nobody does their work any more. Until then it can be run again
// and takes what is posted, also while nobody runs it.
#pragma once

#include "dial/reactor.hpp"

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace socketio::client_side {

class manager_state;

class driven_loop {
 public:
  driven_loop() : shard_(std::make_shared<dial::reactor>()) {}
  ~driven_loop();
  driven_loop(const driven_loop&) = delete;
  driven_loop& operator=(const driven_loop&) = delete;

  // Both throw what posted work threw. run(): std::logic_error when somebody does already.
  void run();
  void poll();
  void stop() noexcept;  // any thread: ends run(), or the next one
  // Any thread. Not run any more once nobody is there to run the loop.
  void post(std::function<void()> work);
  // Turn after turn until `done()`, where nobody else does that: false at once, when another thread
  // is in run(), or calls poll() now and then.
  bool run_here_until(const std::function<bool()>& done);
  // When poll() is due; soon, when another thread is at it.
  std::optional<time_point> deadline();

  const std::shared_ptr<dial::reactor>& shard() const noexcept { return shard_; }
  void add(std::weak_ptr<manager_state> who);

 private:
  void rethrow();

  const std::shared_ptr<dial::reactor> shard_;
  std::atomic<bool> driven_{false}, stop_wanted_{false};
  std::atomic<std::thread::id> driver_{};  // who runs it, or has polled it last
  // Of whoever runs it.
  std::vector<std::exception_ptr> thrown_;
  bool ended_ = false;
  std::mutex mutex_;  // guards what follows
  std::vector<std::weak_ptr<manager_state>> managers_;
};

}  // namespace socketio::client_side
