#include "server/admin/password_thread.hpp"

#include "server/admin/bcrypt.hpp"

namespace socketio::admin {

password_thread::~password_thread() {
  std::deque<question> dropped;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    dropped.swap(waiting_);
  }
  dropped.clear();  // may hold whatever the caller likes: not under the lock
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool password_thread::ask(std::string password, std::function<void(bool)> done) {
  const std::lock_guard lock(mutex_);
  if (ending_ || waiting_.size() >= waiting_max_) return false;
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  waiting_.push_back({std::move(password), std::move(done)});
  changed_.notify_all();
  return true;
}

void password_thread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    const question next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    next.done(bcrypt_matches(next.password, hash_));
    lock.lock();
  }
}

}  // namespace socketio::admin
