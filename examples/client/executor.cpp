// A client whose callbacks run where the application wants them: here on the main thread, which
// works off a queue, while the network has a thread of its own.
#include <socketio/client.hpp>

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

// [queue]
class main_thread {
 public:
  void post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
    changed_.notify_one();
  }
  void run_until(const bool& over) {
    while (!over) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !waiting_.empty(); });
      const auto work = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      work();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
};
// [/queue]

int main(int, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // whole lines, also into a pipe
  // [executor]
  main_thread here;
  socketio::client_options options;
  options.executor = [&](std::function<void()> work) { here.post(std::move(work)); };
  socketio::client socket(argv[1], options);
  // [/executor]
  bool over = false;
  const auto main_id = std::this_thread::get_id();
  socket.on("tick", [&](int n) {
    std::printf("tick %d on %s\n", n,
                std::this_thread::get_id() == main_id ? "the main thread" : "another one");
  });
  socket.on("end", [&] { over = true; });
  here.run_until(over);
}
