// Which shard has the session of which id, for ids that the application generates: those of ours
// name the shard themselves. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

class session_ids {
 public:
  std::optional<unsigned> find(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    const auto found = shards_.find(id);
    return found == shards_.end() ? std::nullopt : std::optional(found->second);
  }
  // False when some shard has it already.
  bool add(std::string_view id, unsigned shard) {
    const std::lock_guard lock(mutex_);
    return shards_.emplace(id, shard).second;
  }
  void remove(std::string_view id, unsigned shard) {
    const std::lock_guard lock(mutex_);
    const auto found = shards_.find(id);
    if (found != shards_.end() && found->second == shard) shards_.erase(found);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, unsigned, std::less<>> shards_;
};

}  // namespace socketio
