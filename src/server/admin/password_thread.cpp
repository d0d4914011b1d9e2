#include "server/admin/password_thread.hpp"

#include "server/admin/bcrypt.hpp"

namespace socketio::admin {

password_thread::password_thread(std::string hash, std::size_t waiting_max)
    : work_(std::make_shared<work>(std::move(hash), waiting_max)) {}

password_thread::~password_thread() {
  std::deque<question> dropped;
  {
    const std::lock_guard lock(work_->mutex);
    work_->ending = true;
    dropped.swap(work_->waiting);
  }
  dropped.clear();  // may hold whatever the caller likes: not under the lock
  work_->changed.notify_all();
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else if (thread_.joinable())
    thread_.join();
}

bool password_thread::ask(std::string password, std::function<void(bool)> done) {
  const std::lock_guard lock(work_->mutex);
  if (work_->ending || work_->waiting.size() >= work_->waiting_max) return false;
  if (!thread_.joinable()) thread_ = std::thread([work = work_] { work->run(); });
  work_->waiting.push_back({std::move(password), std::move(done)});
  work_->changed.notify_all();
  return true;
}

void password_thread::work::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return ending || !waiting.empty(); });
    if (ending) return;
    question next = std::move(waiting.front());
    waiting.pop_front();
    lock.unlock();
    next.done(bcrypt_matches(next.password, hash));
    next = {};  // with whatever it holds
    lock.lock();
  }
}

}  // namespace socketio::admin
