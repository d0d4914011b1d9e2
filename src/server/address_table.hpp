// The buckets of addresses, for all shards. Looked up once per handshake and connection, under a
// lock; a connection keeps what it found. Bounded: whoever was not looked up for longest is
// forgotten, so that an attacker with many addresses costs no more than addresses_max of them.
// Tested by tests/unit/server/address_table_test.cpp.
#pragma once

#include "core/client_limits.hpp"
#include "net/ip_address.hpp"

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

namespace socketio {

class address_table {
 public:
  explicit address_table(std::size_t addresses_max) : most_(addresses_max) {}

  // Any thread. What counts as one address is said by net::ip_address::counted(); nullptr for what
  // is none (a Unix-domain socket), which has no limit.
  std::shared_ptr<core::address_buckets> of(std::string_view address);
  std::size_t size() const;

 private:
  using entry = std::pair<net::ip_address, std::shared_ptr<core::address_buckets>>;

  const std::size_t most_;
  mutable std::mutex mutex_;                                      // guards what follows
  std::list<entry> by_time_;                                      // the last one looked up first
  std::map<net::ip_address, std::list<entry>::iterator> by_key_;  // of by_time_
};

}  // namespace socketio
