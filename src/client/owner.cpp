// See owner.hpp. Tested by tests/client/lifetime_test.cpp.
#include "client/owner.hpp"

#include <condition_variable>
#include <csignal>
#include <future>
#include <mutex>
#include <utility>

namespace socketio::client_side {
namespace {

// Threads that nobody waits for any more. When the process ends, what they use goes: so they get a
// moment to finish, unless they are in code of the application for longer.
class left_threads {
 public:
  static left_threads& all() {
    static left_threads one;
    return one;
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
  ~left_threads() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(3), [this] { return count_ == 0; });
  }

 private:
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
  const signals_blocked blocked;
  left_threads::all().add();
  try {
    thread_ = std::thread([state = state_, loop = shard_]() mutable {
      loop->run();
      state->cut();
      state.reset();
      loop.reset();
      left_threads::all().remove();
    });
  } catch (...) {
    left_threads::all().remove();
    throw;
  }
}

owner::~owner() { end(); }

void owner::shut_down(std::function<void()> over) {
  if (!on_)
    over = [shard = shard_, over = std::move(over)] {
      shard->stop();
      if (over) over();
    };
  if (on_ && shard_->on_thread()) return state_->shut_down(std::move(over));
  shard_->post([state = state_, over = std::move(over)] { state->shut_down(over); });
}

void owner::end() {
  if (std::exchange(ended_, true)) return;
  state_->out()->close();
  shut_down(nullptr);
  if (!on_) thread_.detach();
}

bool owner::wait_until_sent(milliseconds longest) {
  auto sent = std::make_shared<std::promise<void>>();
  auto told = sent->get_future();
  const auto deadline = clock::now() + longest;
  const bool posted =
      shard_->post([state = state_, sent] { state->when_sent([sent] { sent->set_value(); }); });
  const auto ready = [&] { return told.wait_for(milliseconds(0)) == std::future_status::ready; };
  if (posted && on_) on_->run_here_until([&] { return ready() || clock::now() >= deadline; });
  return posted && told.wait_until(deadline) == std::future_status::ready;
}

bool owner::stop(milliseconds drain) {
  if (ended_) return true;
  if (shard_->on_thread()) {
    const bool sent = state_->everything_sent();
    end();
    return sent;
  }
  const bool sent = drain.count() == 0 || wait_until_sent(drain);
  state_->out()->close();
  ended_ = true;
  auto over = std::make_shared<std::promise<void>>();
  auto told = over->get_future();
  shut_down([over] { over->set_value(); });
  over.reset();
  if (on_)
    on_->run_here_until(
        [&] { return told.wait_for(milliseconds(0)) == std::future_status::ready; });
  told.wait();
  if (thread_.joinable()) thread_.join();
  state_->out()->wait();
  return sent;
}

}  // namespace socketio::client_side
