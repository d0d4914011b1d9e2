// Accepts TCP connections for one shard and speaks HTTP/1.1 on them.
#pragma once

#include "base/counter.hpp"
#include "net/http.hpp"
#include "net/loop.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

namespace socketio::net {

// Written by the shard, read by any thread.
struct http_counters {
  counter accepted_total;
  counter requests_total;
  counter bad_requests_total;  // malformed heads, slow heads, heads over the limit
};

// Whether `host` can be bound: an address ("127.0.0.1", "::", "0.0.0.0") or "localhost".
bool is_bindable(const std::string& host);

// Who listens to the same port: the shards of one server (SO_REUSEPORT), and never another process,
// with which the kernel would share the connections as well. The first of the shards makes sure.
enum class sharing : std::uint8_t { nobody, first, others };

class listener {
 public:
  // `service` must outlive every connection.
  listener(loop& shard, http_service& service, http_limits limits);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  // Binds and starts accepting. `host` is one that is_bindable(); port 0 picks a free one.
  std::error_code listen(const std::string& host, std::uint16_t port, sharing with);
  std::uint16_t port() const noexcept;  // the bound port
  void stop_accepting();
  // Takes over a connected socket of which `received` has been read already. False when the
  // descriptor is not one; then it still belongs to the caller.
  bool adopt(int descriptor, std::string_view received);
  void close_idle_connections();  // cuts keep-alive connections without a request
  void close_connections();       // cuts what is left
  const http_counters& counters() const noexcept;
  std::size_t connections() const noexcept;  // open now; any thread

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace socketio::net
