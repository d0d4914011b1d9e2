// Who owns a manager and what runs it: a thread of its own, or a loop of the application. Its end
// is the end of the manager, from whatever thread and inside whatever callback.
//
// A thread of its own is not waited for, because a callback may run there, or the network may take
// its time with the good-bye. It holds what it needs, calls nobody, and ends by itself.
#pragma once

#include "client/driven_loop.hpp"
#include "client/manager_state.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

namespace socketio::client_side {

class owner {
 public:
  // `on`: nullptr for a thread of its own, which runs `shard`.
  owner(std::shared_ptr<manager_state> what, std::shared_ptr<dial::reactor> shard,
        std::shared_ptr<driven_loop> on);
  ~owner();
  owner(const owner&) = delete;
  owner& operator=(const owner&) = delete;

  bool stop(milliseconds drain);  // see manager::stop()

 private:
  void leave();
  void shut_down(std::function<void()> over);
  bool wait_until_read(milliseconds longest);
  void finish_sockets();
  void wait_for(std::future<void>& told);

  const std::shared_ptr<manager_state> state_;
  const std::shared_ptr<dial::reactor> shard_;
  const std::shared_ptr<driven_loop> on_;
  std::thread thread_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> read_{true};  // what stop() says
  // Counted among the threads that nobody waits for, once that is so.
  const std::shared_ptr<std::atomic<bool>> left_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace socketio::client_side
