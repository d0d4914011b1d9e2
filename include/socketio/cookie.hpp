// The `cookie` option: a cookie with the session id, for load balancers that keep a client on one
// server (HD-07, HD-08). It is set by the first polling response of a session and by nothing else.
// Its value is the id of the Engine.IO session, which whoever knows it may speak for.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

enum class same_site : std::uint8_t { unset, lax, strict, none };
enum class cookie_priority : std::uint8_t { unset, low, medium, high };

// The attributes of RFC 6265, and what browsers have added.
struct cookie_options {
  std::string name = "io";
  std::string path = "/";   // no attribute when empty
  std::string domain = {};  // no attribute when empty
  std::optional<std::chrono::seconds> max_age = std::nullopt;
  std::optional<std::chrono::system_clock::time_point> expires = std::nullopt;
  bool http_only = true;  // scripts cannot read it
  bool secure = false;    // only over TLS
  bool partitioned = false;
  cookie_priority priority = cookie_priority::unset;
  socketio::same_site same_site = socketio::same_site::lax;
  // Instead of JavaScript's encodeURIComponent(). A result that no cookie may contain, or anything
  // thrown, leaves the cookie out and is reported to on_error. Runs on the shard.
  std::function<std::string(std::string_view)> encode = {};
};

}  // namespace socketio
