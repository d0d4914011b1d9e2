// How much clients may send: token buckets for messages, bytes, events of one name, CONNECT packets
// and handshakes. A bucket holds `burst` tokens and gets `per_second` new ones; what finds too few
// is treated as `action` says.
//
//   options.rate_limits.messages = {.per_second = 100, .burst = 200};
//   options.rate_limits.handshakes = {.per_second = 5, .burst = 20};
//   io.limit("chat message", {.per_second = 2, .burst = 5});
//
// Messages are events and acknowledgements, with their attachments. What comes from clients is
// limited, never what goes to them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

enum class limit_action : std::uint8_t {
  drop,                   // the event is not seen by any handler
  error_acknowledgement,  // the same; if an acknowledgement was asked for, it is an error with the
                          // code "rate_limited"
  delay,       // the event is served, and no more is read of the connection until there are tokens
  disconnect,  // the connection ends with cause::rate_limited
  refuse,      // of handshakes and CONNECT packets alone, and the only one there
};
std::string_view to_string(limit_action what) noexcept;

// Values are from 0.001 to 1e9 per second; a full bucket is worth an hour at most.
struct rate_limit {
  double per_second = 0;  // 0: no limit
  double burst = 0;       // at once after a pause; 0: what a second gives, at least one
  // Acknowledgements are never dropped: of the actions only `delay` and `disconnect` concern them.
  limit_action action = limit_action::error_acknowledgement;
};

// Without a choice: refused.
struct refusal_rate {
  double per_second = 0;
  double burst = 0;
};

struct event_limit {
  std::string event = {};
  rate_limit limit = {};
};

struct rate_limits {
  rate_limit messages = {}, bytes = {};  // of one connection, whatever its namespaces
  // Of all connections of an address together, on all shards. An IPv6 address counts with its /64.
  rate_limit address_messages = {}, address_bytes = {};
  std::vector<event_limit> events = {};  // of one connection, by the name of the event
  // CONNECT packets of one connection: CONNECT_ERROR with data.retryAfter, in seconds.
  refusal_rate connects = {};
  refusal_rate handshakes = {};  // of one address: 429 with Retry-After
  // How many addresses are remembered. Beyond, whoever was quiet for longest is forgotten, and has
  // a full bucket when he comes back.
  std::size_t addresses_max = 100'000;
};

// Which of them; the names are labels of socketio_rate_limited_total.
enum class limit_kind : std::uint8_t {
  messages,
  bytes,
  address_messages,
  address_bytes,
  event,
  connects,
  handshakes,
};
std::string_view to_string(limit_kind what) noexcept;

// Somebody was limited.
struct rate_limited {
  limit_kind limit = limit_kind::messages;
  limit_action action = limit_action::drop;
  std::string_view address;
  std::string_view sid;                      // of the Engine.IO session; empty for handshakes
  std::string_view nsp;                      // of events and CONNECT packets
  std::string_view event;                    // of events
  std::chrono::milliseconds retry_after{0};  // until there are tokens
  // How often since it was last told: of one connection, and of all handshakes of a shard, it is
  // told once per second.
  std::uint64_t count = 1;
};

}  // namespace socketio
