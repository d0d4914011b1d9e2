// Accepts TCP connections for one shard and speaks HTTP/1.1 on them.
#pragma once

#include "base/counter.hpp"
#include "net/http.hpp"
#include "net/loop.hpp"
#include "net/loose_stream.hpp"

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
  counter tls_handshakes_total;
  counter tls_failed_total;
};

// Whether `host` can be bound: an address ("127.0.0.1", "::", "0.0.0.0") or "localhost".
bool is_bindable(const std::string& host);

// Who listens to the same port: the shards of one server (SO_REUSEPORT), and never another process,
// with which the kernel would share the connections as well. The first of the shards makes sure.
enum class sharing : std::uint8_t { nobody, first, others };

class tls_source;

class listener {
 public:
  // `service` must outlive every connection, and so must `tls`. With nullptr it is plain.
  listener(loop& shard, http_service& service, http_limits limits, tls_source* tls = nullptr);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  // Binds and starts accepting. `host` is one that is_bindable(); port 0 picks a free one.
  std::error_code listen(const std::string& host, std::uint16_t port, sharing with);
  std::uint16_t port() const noexcept;  // the bound port
  void stop_accepting();
  // Takes over a connection of which `received` has been read already. It is plain, or has its own
  // TLS, whatever those are that are accepted. False when it is not a connected socket; then it is
  // still the caller's.
  bool adopt(loose_stream& connection, std::string_view received);
  void close_idle_connections();  // cuts keep-alive connections without a request
  void close_connections();       // cuts what is left
  const http_counters& counters() const noexcept;
  std::size_t connections() const noexcept;  // open now; any thread

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace socketio::net
