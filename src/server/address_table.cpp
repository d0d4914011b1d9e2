#include "server/address_table.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace socketio {

std::string address_key(std::string_view address) {
  const std::string text(address.substr(0, address.find('%')));  // without a zone
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return "?" + text;
  constexpr std::array<char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff'};
  if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) return {bytes.data() + 12, 4};
  return {bytes.data(), 8};
}

std::shared_ptr<core::address_buckets> address_table::of(std::string_view address) {
  std::string key = address_key(address);
  const std::lock_guard lock(mutex_);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    by_time_.splice(by_time_.begin(), by_time_, found->second);
    return found->second->second;
  }
  if (by_key_.size() >= most_) {
    by_key_.erase(by_time_.back().first);
    by_time_.pop_back();
  }
  by_time_.emplace_front(std::move(key), std::make_shared<core::address_buckets>());
  by_key_.emplace(by_time_.front().first, by_time_.begin());
  return by_time_.front().second;
}

std::size_t address_table::size() const {
  const std::lock_guard lock(mutex_);
  return by_key_.size();
}

}  // namespace socketio
