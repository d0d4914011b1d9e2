// What is kept of the first HTTP request of a connection, packed into one block: a browser sends
// some 15 header fields, and a string object for each would cost more than the rest of an idle
// connection.
#pragma once

#include "socketio/handshake.hpp"
#include "socketio/http.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace socketio::core {

class connection_info {
 public:
  connection_info(const http_request& request, std::string_view sid);
  std::string_view sid() const noexcept;  // of the Engine.IO session
  http_headers headers() const;
  std::string_view address() const noexcept;
  std::string_view url() const noexcept;
  bool secure() const noexcept { return secure_; }
  bool xdomain() const noexcept { return xdomain_; }

 private:
  std::string packed_;  // sid, address, url, then name and value of each header, each ended by NUL
  bool secure_ = false;
  bool xdomain_ = false;
};

// JavaScript's Date.toString() in UTC: "Sat Nov 21 2026 08:09:08 GMT+0000 (Coordinated Universal
// Time)".
std::string javascript_date(std::int64_t ms_since_1970);

}  // namespace socketio::core
