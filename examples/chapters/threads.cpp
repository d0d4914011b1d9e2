// Threads: several shards, state that their handlers share, long work elsewhere, and calls from any
// thread.
#include "serve.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

using namespace std::chrono_literals;

// [shared]
// Handlers of different sockets run at the same time when there are several shards: what they share
// has a lock, which is held for as long as it takes to read or write it.
class scores {
 public:
  int add(const std::string& name, int points) {
    const std::lock_guard lock(mutex_);
    return points_[name] += points;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> points_;
};
// [/shared]

int main(int argc, char** argv) {
  // [options]
  auto options = options_from(argc, argv);
  options.threads = 4;
  socketio::server io(options);
  // [/options]
  std::atomic<bool> running = true;
  scores all;

  io.on("score", [&all](const socketio::socket&, std::string name, int points) {
    return all.add(name, points);
  });

  io.on_connection([](socketio::socket socket) {
    // [mine]
    // All handlers of one socket run on its shard, one after the other: this needs no lock.
    socket.on("mine", [count = 0]() mutable { return ++count; });
    // [/mine]
    // [compute]
    socket.on("compute", [](int n, socketio::ack<long> done) {
      // Long work does not belong on the shard, where it would hold up everybody.
      std::thread([n, done] {
        long sum = 0;
        for (int i = 1; i <= n; i++) sum += i;
        done(sum);
      }).detach();
    });
    // [/compute]
  });

  // [ticker]
  std::thread ticker([&] {
    for (int tick = 1; running; tick++) {
      io.volatile_().emit("tick", tick);
      std::this_thread::sleep_for(50ms);
    }
  });
  // [/ticker]

  const int status = serve(io);
  running = false;
  ticker.join();
  return status;
}
