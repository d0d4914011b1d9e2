// What is kept of the first HTTP request of a connection, packed into one block: a browser sends
// some 15 header fields, and a string object for each would cost more than the rest of an idle
// connection.
#pragma once

#include "socketio/handshake.hpp"
#include "socketio/http.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace socketio::core {

class connection_info {
 public:
  connection_info(const http_request& request, std::string_view sid);
  ~connection_info();
  connection_info(const connection_info&) = delete;
  connection_info& operator=(const connection_info&) = delete;
  std::string_view sid() const noexcept;  // of the Engine.IO session
  http_headers headers() const;           // names in lower case, as in Node.js
  std::string_view address() const noexcept;
  std::string url() const;
  bool secure() const noexcept { return secure_; }
  std::shared_ptr<const peer_certificate> client_certificate() const;  // nullptr: none was shown
  bool xdomain() const noexcept { return xdomain_; }
  custom_fields custom() const;  // what middlewares attached to the request
  // The first request again (HD-14), without its body.
  http_request request() const;

  // What of the connection changes and is read by any thread; written by the shard. The queue is
  // as it was when something was last added to it.
  void set_websocket(bool is) const noexcept { websocket_.store(is, std::memory_order_relaxed); }
  void set_queued_bytes(std::size_t bytes) const noexcept {
    queued_bytes_.store(bytes, std::memory_order_relaxed);
  }
  std::string_view transport() const noexcept {
    return websocket_.load(std::memory_order_relaxed) ? "websocket" : "polling";
  }
  std::size_t queued_bytes() const noexcept {
    return queued_bytes_.load(std::memory_order_relaxed);
  }

 private:
  std::string_view text(int which) const noexcept;
  std::string_view packed() const noexcept;
  std::string_view behind_the_url() const;
  std::size_t custom_bytes() const noexcept { return has_custom_ ? sizeof(custom_fields) : 0; }

  // Sid, address, url, the certificate if there is one, then name and value of each header, each
  // ended by NUL; common names and values are one byte without an end. In front of all that stand
  // the custom fields, if there are any: who has none does not pay for them.
  std::unique_ptr<char[]> packed_;
  std::uint32_t bytes_;
  bool secure_ : 1 = false;
  bool certified_ : 1 = false;
  bool xdomain_ : 1 = false;
  bool has_custom_ : 1 = false;
  mutable std::atomic<bool> websocket_{false};
  mutable std::atomic<std::size_t> queued_bytes_{0};
};

// JavaScript's Date.toString() in UTC: "Sat Nov 21 2026 08:09:08 GMT+0000 (Coordinated Universal
// Time)".
std::string javascript_date(std::int64_t ms_since_1970);

}  // namespace socketio::core
