// How many there are of each address, and when there are enough: of sessions, and of connections.
// On the way of a handshake and not of a message, so that all shards share one table with a lock.
// It is as large as what it counts. Any thread. Tested by tests/unit/net/ip_address_test.cpp.
#pragma once

#include "net/ip_address.hpp"

#include <cstddef>
#include <map>
#include <mutex>
#include <string_view>

namespace socketio::net {

class address_counts {
 public:
  explicit address_counts(std::size_t most) noexcept : most_(most) {}  // 0: no limit

  // False: there are enough, and it is not counted. What is no IP address (a Unix-domain socket)
  // has no limit. Whoever entered leaves with the same text.
  bool enter(std::string_view address, bool even_if_full = false) {
    const auto who = most_ == 0 ? std::nullopt : ip_address::parse(address);
    if (!who) return true;
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[who->counted()];
    if (count >= most_ && !even_if_full) return false;  // never of a new one
    ++count;
    return true;
  }
  void leave(std::string_view address) {
    const auto who = most_ == 0 ? std::nullopt : ip_address::parse(address);
    if (!who) return;
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(who->counted());
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }
  std::size_t addresses() const {
    const std::lock_guard lock(mutex_);
    return counts_.size();
  }

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<ip_address, std::size_t> counts_;
};

}  // namespace socketio::net
