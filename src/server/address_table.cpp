#include "server/address_table.hpp"

namespace socketio {

std::shared_ptr<core::address_buckets> address_table::of(std::string_view address) {
  const auto who = net::ip_address::parse(address);
  if (!who) return nullptr;
  const net::ip_address key = who->counted();
  const std::lock_guard lock(mutex_);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    by_time_.splice(by_time_.begin(), by_time_, found->second);
    return found->second->second;
  }
  if (by_key_.size() >= most_) {
    by_key_.erase(by_time_.back().first);
    by_time_.pop_back();
  }
  by_time_.emplace_front(key, std::make_shared<core::address_buckets>());
  by_key_.emplace(key, by_time_.begin());
  return by_time_.front().second;
}

std::size_t address_table::size() const {
  const std::lock_guard lock(mutex_);
  return by_key_.size();
}

}  // namespace socketio
