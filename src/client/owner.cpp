// See owner.hpp. Tested by tests/client/lifetime_test.cpp.
#include "client/owner.hpp"

#include "dial/start.hpp"

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace socketio::client_side {
namespace {

// Threads that nobody waits for any more. When the process ends, what they use goes: so they get a
// moment to finish, unless they are in code of the application for longer. It outlives everything,
// and waits before libcurl and TLS are cleaned up, because they were there first.
class left_threads {
 public:
  static left_threads& all() {
    static left_threads* const one = [] {
      dial::start_libcurl();
      std::atexit([] { all().wait(); });
      return new left_threads;
    }();
    return *one;
  }
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void remove() {
    const std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_all();
  }

 private:
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(3), [this] { return count_ == 0; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
};

// Signals are for the threads of the application.
class signals_blocked {
 public:
  signals_blocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

owner::owner(std::shared_ptr<manager_state> what, std::shared_ptr<dial::reactor> shard,
             std::shared_ptr<driven_loop> on)
    : state_(std::move(what)), shard_(std::move(shard)), on_(std::move(on)) {
  if (on_) {
    on_->add(state_);
    return;
  }
  left_threads::all();
  const signals_blocked blocked;
  thread_ = std::thread([state = state_, loop = shard_, left = left_]() mutable {
    loop->run();
    loop->attached().reset();  // those that still say good-bye: handles may hold the reactor
    state->cut();
    state.reset();
    loop.reset();
    if (left->exchange(true)) left_threads::all().remove();
  });
}

owner::~owner() {
  if (!ended_.exchange(true)) leave();
}

void owner::shut_down(std::function<void()> over) {
  if (!on_)
    over = [shard = shard_, over = std::move(over)] {
      shard->stop();
      if (over) over();
    };
  if (on_ && shard_->on_thread()) return state_->shut_down(std::move(over));
  shard_->post([state = state_, over = std::move(over)] { state->shut_down(over); });
}

// Counted before it can end. Whoever of the two sees that the other was there first takes it back.
void owner::leave() {
  state_->out()->close();
  if (!on_) left_threads::all().add();
  shut_down(nullptr);
  if (on_) return;
  if (left_->exchange(true)) left_threads::all().remove();
  thread_.detach();
}

bool owner::wait_until_read(milliseconds longest) {
  auto settled = std::make_shared<std::promise<void>>();
  const auto read = std::make_shared<std::atomic<bool>>(false);
  auto told = settled->get_future();
  const auto deadline = clock::now() + longest;
  const bool posted = shard_->post([state = state_, settled, read] {
    state->when_read([settled, read](bool how) {
      *read = how;
      settled->set_value();
    });
  });
  settled.reset();
  const auto ready = [&] { return told.wait_for(milliseconds(0)) == std::future_status::ready; };
  if (posted && on_) on_->run_here_until([&] { return ready() || clock::now() >= deadline; });
  return posted && told.wait_until(deadline) == std::future_status::ready && *read;
}

void owner::finish_sockets() {
  auto done = std::make_shared<std::promise<void>>();
  auto told = done->get_future();
  const bool posted = shard_->post([state = state_, done] {
    state->finish_sockets();
    done->set_value();
  });
  done.reset();
  if (posted) wait_for(told);
}

bool owner::stop(milliseconds drain) {
  if (ended_.exchange(true)) {  // by another thread, or by a callback that may still run
    state_->out()->wait();
    return read_;
  }
  if (shard_->on_thread()) {
    read_ = state_->everything_read();
    state_->finish_sockets();
    leave();
    return read_;
  }
  read_ = drain.count() == 0 || wait_until_read(drain);
  // What an executor was given would come behind the end.
  if (state_->out()->direct()) finish_sockets();
  state_->out()->close();
  auto over = std::make_shared<std::promise<void>>();
  auto told = over->get_future();
  shut_down([over] { over->set_value(); });
  over.reset();
  wait_for(told);
  if (thread_.joinable()) thread_.join();
  state_->out()->wait();
  return read_;
}

// Whoever runs a loop of the application may stop doing so, and then it is us.
void owner::wait_for(std::future<void>& told) {
  if (!on_) return told.wait();
  const auto ready = [&] { return told.wait_for(milliseconds(0)) == std::future_status::ready; };
  const auto longest = state_->options().close_timeout + std::chrono::seconds(1);
  for (const auto end = clock::now() + longest; !ready() && clock::now() < end;)
    if (!on_->run_here_until([&] { return ready() || clock::now() >= end; }))
      told.wait_for(milliseconds(20));
}

}  // namespace socketio::client_side
