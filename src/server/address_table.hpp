// The buckets of addresses, for all shards. Looked up once per handshake and connection, under a
// lock; a connection keeps what it found. Bounded: whoever was not looked up for longest is
// forgotten, so that an attacker with many addresses costs no more than addresses_max of them.
// Tested by tests/unit/server/address_table_test.cpp.
#pragma once

#include "core/client_limits.hpp"

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace socketio {

// What counts as one address: IPv4 as it is, also when it is written as IPv6; of IPv6 the first 64
// bits, which one customer has for himself; anything else as it is written.
std::string address_key(std::string_view address);

class address_table {
 public:
  explicit address_table(std::size_t addresses_max) : most_(addresses_max) {}

  // Any thread.
  std::shared_ptr<core::address_buckets> of(std::string_view address);
  std::size_t size() const;

 private:
  using entry = std::pair<std::string, std::shared_ptr<core::address_buckets>>;

  const std::size_t most_;
  mutable std::mutex mutex_;  // guards what follows
  std::list<entry> by_time_;  // the last one looked up first
  std::unordered_map<std::string_view, std::list<entry>::iterator> by_key_;  // of by_time_
};

}  // namespace socketio
