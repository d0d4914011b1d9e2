// The thread that hashes passwords, one after the other: a shard would stand still meanwhile. It
// begins with the first password, and ends with this object, which waits for the one that is being
// hashed. The object may end on that thread, too: what is told there may hold the last reference to
// whoever owns it. So the thread keeps what it needs, and nobody waits for himself.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace socketio::admin {

class password_thread {
 public:
  password_thread(std::string hash, std::size_t waiting_max);
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
  struct work {
    work(std::string of, std::size_t most) : hash(std::move(of)), waiting_max(most) {}
    void run();

    const std::string hash;
    const std::size_t waiting_max;
    std::mutex mutex;  // guards what follows
    std::condition_variable changed;
    std::deque<question> waiting;
    bool ending = false;
  };

  const std::shared_ptr<work> work_;
  std::thread thread_;  // guarded by the mutex, too
};

}  // namespace socketio::admin
