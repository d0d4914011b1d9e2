#include "core/recovery_registry.hpp"

#include <utility>

namespace socketio::core {

void gone_sessions::add(const session_id& pid, const recovery_registry* of, recovery_outcome why) {
  const std::lock_guard lock(mutex_);
  if (!all_.insert_or_assign(pid, end{of, why}).second) return;
  if (in_order_.size() < remembered_max) return in_order_.push_back(pid);
  all_.erase(std::exchange(in_order_[next_], pid));
  next_ = (next_ + 1) % remembered_max;
}

recovery_outcome gone_sessions::find(const session_id& pid, const recovery_registry* of) const {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(pid);
  return found == all_.end() || found->second.of != of ? recovery_outcome::unknown_session
                                                       : found->second.why;
}

recovery_registry::recovery_registry(const run_name& run, unsigned shards,
                                     std::shared_ptr<gone_sessions> gone)
    : run_(run),
      gone_(std::move(gone)),
      expected_(std::make_unique<std::atomic<std::uint32_t>[]>(shards)) {}

void recovery_registry::set_home(const session_id& pid, unsigned shard) {
  const std::lock_guard lock(mutex_);
  homes_.insert_or_assign(pid, shard);
}

std::optional<unsigned> recovery_registry::home(const session_id& pid) const {
  const std::lock_guard lock(mutex_);
  const auto found = homes_.find(pid);
  return found == homes_.end() ? std::nullopt : std::optional(found->second);
}

void recovery_registry::forget(const session_id& pid, recovery_outcome why) {
  {
    const std::lock_guard lock(mutex_);
    homes_.erase(pid);
  }
  gone_->add(pid, this, why);
}

recovery_outcome recovery_registry::what_became_of(const session_id& pid) const {
  return is_of_run(pid, run_) ? gone_->find(pid, this) : recovery_outcome::server_restarted;
}

}  // namespace socketio::core
