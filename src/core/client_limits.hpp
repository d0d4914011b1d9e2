// What one client may send: the buckets of socketio::rate_limits, looked at for each message and
// CONNECT packet. Exists only when there are limits; without, a connection pays for a null pointer.
// Shard only. Tested by tests/unit/core/client_limits_test.cpp.
#pragma once

#include "base/token_bucket.hpp"
#include "socketio/rate_limits.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

inline constexpr std::size_t limit_kinds = 7;
inline constexpr std::size_t limit_actions = 5;

// The options, worked out once per server.
struct limit_rules {
  explicit limit_rules(const rate_limits& from);
  struct rule {
    token_rate rate;
    limit_action action = limit_action::drop;
  };
  struct named : rule {
    std::string event;
  };
  rule messages, bytes, address_messages, address_bytes;
  std::vector<named> events;
  token_rate connects, handshakes;
  bool any_of_clients() const noexcept;  // anything but handshakes
  bool any_of_addresses() const noexcept;
};

// What all connections of an address have in common. Any thread.
struct address_buckets {
  shared_token_bucket messages, bytes, handshakes;
};

class client_limits {
 public:
  // `of_address` may be nullptr when no rule needs it; `rules` outlives this.
  client_limits(const limit_rules& rules, std::shared_ptr<address_buckets> of_address);

  // What was too much, and what becomes of it; `wait` until it would not be.
  struct excess {
    limit_kind limit;
    limit_action action;
    duration wait;
  };

  // Every piece of a message, before it is decoded; they count with the packet that they make.
  void on_bytes(std::size_t count) noexcept { bytes_ += count; }
  // A packet is complete. An event has its name; an acknowledgement has none.
  std::optional<excess> on_event(std::string_view name, time_point now) noexcept;
  std::optional<excess> on_ack(time_point now) noexcept;
  std::optional<excess> on_connect(time_point now) noexcept;
  bool knows_events() const noexcept { return !rules_.events.empty(); }

  // It was limited. How often since the last time that this was not 0: told once per second.
  std::uint64_t tell(time_point now) noexcept;

 private:
  template <class Bucket>
  bool exceeds(Bucket& bucket, const limit_rules::rule& rule, double tokens, limit_kind kind,
               time_point now, std::optional<excess>& found) const noexcept;
  std::optional<excess> on_message(time_point now, std::optional<excess> found) noexcept;

  const limit_rules& rules_;
  std::shared_ptr<address_buckets> of_address_;
  token_bucket messages_, all_bytes_, connects_;
  std::vector<token_bucket> events_;
  std::size_t bytes_ = 0;  // of the packet that is coming
  std::uint64_t untold_ = 0;
  time_point told_at_ = time_point::min();
};

}  // namespace socketio::core
