#include "core/recovery_registry.hpp"

#include <utility>

namespace socketio::core {

recovery_registry::recovery_registry(const run_name& run, unsigned shards)
    : run_(run), expected_(std::make_unique<std::atomic<std::uint32_t>[]>(shards)) {}

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
  const std::lock_guard lock(mutex_);
  homes_.erase(pid);
  if (!gone_.insert_or_assign(pid, why).second) return;
  if (gone_in_order_.size() < remembered_max) return gone_in_order_.push_back(pid);
  gone_.erase(std::exchange(gone_in_order_[next_gone_], pid));
  next_gone_ = (next_gone_ + 1) % remembered_max;
}

recovery_outcome recovery_registry::what_became_of(const session_id& pid) const {
  if (!is_of_run(pid, run_)) return recovery_outcome::server_restarted;
  const std::lock_guard lock(mutex_);
  const auto found = gone_.find(pid);
  return found == gone_.end() ? recovery_outcome::unknown_session : found->second;
}

}  // namespace socketio::core
