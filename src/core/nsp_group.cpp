#include "core/nsp_group.hpp"

#include "core/hub.hpp"
#include "core/socket.hpp"

namespace socketio::core {

nsp_group::nsp_group(std::span<hub* const> hubs, std::string name)
    : name_(std::move(name)), deflates_(hubs.front()->options().deflates) {
  for (hub* const one : hubs) parts_.push_back(std::make_unique<nsp>(*one, *this));
}

nsp_group::~nsp_group() = default;

nsp& nsp_group::home() const noexcept {
  for (const auto& part : parts_)
    if (part->shard()->on_thread()) return *part;
  return *parts_.front();
}

shard_set nsp_group::reach(std::span<const std::string> rooms_named) const {
  if (!spread()) return only(0);
  if (rooms_named.empty()) return populated_.load(std::memory_order_acquire);
  shard_set reached = 0;
  for (const std::string& name : rooms_named) {
    reached |= rooms.shards_of(name);
    // The room of a socket's own id is not in the directory: the id tells the shard.
    if (name.size() != session_id::length) continue;
    if (const unsigned shard = session_id(name).shard(); shard < size()) reached |= only(shard);
  }
  return reached;
}

void nsp_group::set_populated(unsigned shard, bool is) noexcept {
  if (is)
    populated_.fetch_or(only(shard), std::memory_order_acq_rel);
  else
    populated_.fetch_and(~only(shard), std::memory_order_acq_rel);
}

}  // namespace socketio::core
