// The thread that hashes passwords, one after the other: a shard would stand still meanwhile. It
// begins with the first password, and ends with this object, which waits for the one that is being
// hashed.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace socketio::admin {

class password_thread {
 public:
  password_thread(std::string hash, std::size_t waiting_max)
      : hash_(std::move(hash)), waiting_max_(waiting_max) {}
  ~password_thread();
  password_thread(const password_thread&) = delete;
  password_thread& operator=(const password_thread&) = delete;

  // Any thread. `done` is told there whether it is the password, unless the end comes before.
  // False: too many wait, and it will not be told.
  bool ask(std::string password, std::function<void(bool)> done);

 private:
  struct question {
    std::string password;
    std::function<void(bool)> done;
  };
  void run();

  const std::string hash_;
  const std::size_t waiting_max_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<question> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace socketio::admin
