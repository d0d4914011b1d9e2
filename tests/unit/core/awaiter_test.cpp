// Awaiting what is settled at once, or by another thread: the coroutine goes on exactly once, and a
// loop of such awaits does not grow the stack.
#include "unit/core/core_script.hpp"

#include <atomic>
#include <condition_variable>

namespace socketio::core_testing {
namespace {

constexpr int rounds = 200'000;  // a frame for each would not fit any stack

void run(task<> work) {
  [](task<> inner) -> detail::detached { co_await inner; }(std::move(work));
}

task<> fetch_often(socketio::nsp of, int* done) {
  for (int i = 0; i < rounds; i++)
    *done += (co_await of.in("room").fetch_sockets()).empty() ? 1 : 100;
}

TEST(Awaiter, sockets_that_are_fetched_at_once_do_not_grow_the_stack) {
  house home;
  int done = 0;
  run(fetch_often(home.of(), &done));
  EXPECT_EQ(done, rounds);
}

task<> ask_often(socket who, int* failed) {
  for (int i = 0; i < rounds; i++)
    if (!co_await who.emit_with_ack<int>("q", i)) ++*failed;
}

TEST(Awaiter, acknowledgements_that_fail_at_once_do_not_grow_the_stack) {
  house home;
  auto [peer, who] = home.welcome();
  int failed = 0;
  run(ask_often(who, &failed));
  EXPECT_EQ(failed, 0) << "the first one waits";
  peer.hang_up();
  EXPECT_EQ(failed, rounds);
}

task<> ask_nobody_often(socketio::nsp of, int* ends) {
  for (int i = 0; i < rounds; i++)
    if (!(co_await of.to("nobody").emit_with_ack<int>("q", i)).error) ++*ends;
}

TEST(Awaiter, broadcasts_to_nobody_do_not_grow_the_stack) {
  house home;
  int ends = 0;
  run(ask_nobody_often(home.of(), &ends));
  EXPECT_EQ(ends, rounds);
}

TEST(Awaiter, elsewhere_what_is_refused_at_once_does_not_grow_the_stack) {
  house home;
  auto [peer, who] = home.welcome();
  home.close();
  home.shard->stop();
  int failed = 0;
  std::thread([&failed, who = who] { run(ask_often(who, &failed)); }).join();
  EXPECT_EQ(failed, rounds);
}

// A thread that does what it is given.
class worker {
 public:
  ~worker() {
    give({});
    thread_.join();
  }
  void give(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
    some_.notify_one();
  }
  std::thread::id id() const { return thread_.get_id(); }

 private:
  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      some_.wait(lock, [this] { return !waiting_.empty(); });
      const auto work = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      if (!work) return;
      work();
    }
  }
  std::mutex mutex_;
  std::condition_variable some_;
  std::deque<std::function<void()>> waiting_;
  std::thread thread_{[this] { run(); }};
};

// Suspends on one thread while another may settle already: it goes on where it was settled.
task<> commute(worker* a, worker* b, int* arrived, std::atomic<bool>* done) {
  for (int i = 0; i < rounds / 10; i++) {
    worker* const to = i % 2 == 0 ? a : b;
    const int n = co_await detail::value_awaiter<int>([to, i](std::function<void(int)> settle) {
      to->give([settle = std::move(settle), i] { settle(i); });
    });
    if (n == i && std::this_thread::get_id() == to->id()) ++*arrived;
  }
  *done = true;
  done->notify_all();
}

TEST(Awaiter, goes_on_once_on_the_thread_that_settles) {
  int arrived = 0;
  std::atomic<bool> done{false};
  worker a, b;
  run(commute(&a, &b, &arrived, &done));
  done.wait(false);
  EXPECT_EQ(arrived, rounds / 10);
}

// Sometimes settled at once, sometimes by another thread.
task<> mixed(worker* elsewhere, int* sum, std::atomic<bool>* done) {
  for (int i = 0; i < rounds; i++)
    *sum += co_await detail::value_awaiter<int>([=](std::function<void(int)> settle) {
      if (i % 100 == 0)
        elsewhere->give([settle = std::move(settle)] { settle(1); });
      else
        settle(1);
    });
  *done = true;
  done->notify_all();
}

TEST(Awaiter, may_be_settled_at_once_or_elsewhere) {
  int sum = 0;
  std::atomic<bool> done{false};
  worker elsewhere;
  run(mixed(&elsewhere, &sum, &done));
  done.wait(false);
  EXPECT_EQ(sum, rounds);
}

}  // namespace
}  // namespace socketio::core_testing
