// Who has said a wrong password too often of late: per address, by whole minutes. Any thread.
// Tested by tests/unit/server/admin_login_test.cpp.
#pragma once

#include "base/clock.hpp"
#include "net/ip_address.hpp"

#include <cstddef>
#include <map>
#include <mutex>
#include <string_view>

namespace socketio::admin {

class failed_logins {
 public:
  static constexpr std::size_t addresses_max = 10'000;
  static constexpr std::chrono::minutes window{1};

  explicit failed_logins(std::size_t most) noexcept : most_(most) {}  // 0: no limit

  // Somebody tries; false: that was too often. Counted before it is known whether he knows the
  // password, because many may try at the same time. What is no IP address (a Unix-domain socket)
  // has no limit.
  bool enter(std::string_view address, time_point now) {
    const auto who = most_ == 0 ? std::nullopt : net::ip_address::parse(address);
    if (!who) return true;
    const std::lock_guard lock(mutex_);
    forget_old(now);
    const auto found = counts_.find(who->counted());
    if (found != counts_.end()) return found->second < most_ && ++found->second > 0;
    // When nobody more can be remembered, whoever is new waits for the end of the minute.
    return counts_.size() < addresses_max && counts_.emplace(who->counted(), 1).second;
  }
  // He did know it.
  void forgive(std::string_view address) {
    const auto who = most_ == 0 ? std::nullopt : net::ip_address::parse(address);
    if (!who) return;
    const std::lock_guard lock(mutex_);
    counts_.erase(who->counted());
  }

 private:
  // All at once: within two windows nobody has more than twice the tries.
  void forget_old(time_point now) {
    if (now < ends_) return;
    counts_.clear();
    ends_ = now + window;
  }

  const std::size_t most_;
  std::mutex mutex_;
  time_point ends_{};
  std::map<net::ip_address, std::size_t> counts_;
};

}  // namespace socketio::admin
