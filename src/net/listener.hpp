// Accepts connections for one shard and speaks HTTP/1.1 on them.
#pragma once

#include "base/counter.hpp"
#include "net/address_counts.hpp"
#include "net/http.hpp"
#include "net/listening_socket.hpp"
#include "net/loop.hpp"
#include "net/loose_stream.hpp"
#include "net/trusted_proxies.hpp"

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
  counter refused_total;  // connections, by peer_limit
};

// How many connections that speak HTTP one peer may have, on all shards together; `except` has no
// limit. Outlives the listeners.
struct peer_limit {
  address_counts counts;
  const trusted_proxies* except = nullptr;
};

class tls_source;

class listener {
 public:
  // `service` must outlive every connection, and so must `tls`.
  listener(loop& shard, http_service& service, http_limits limits, peer_limit* peers = nullptr,
           tls_source* tls = nullptr);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  // Binds and starts accepting, over TLS if there is one; port 0 picks a free one.
  std::error_code listen(const std::string& host, std::uint16_t port);
  // Any number of them. `secure`: over TLS, which must have been given.
  void accept_from(listening_socket from, bool secure);
  std::uint16_t port() const noexcept;  // the bound port of the first
  void stop_accepting();
  // Takes over a connection of which `received` has been read already. It is plain, or has its own
  // TLS, whatever those are that are accepted. Also when its peer has
  // max_http_connections_per_address already. False when it is not a connected socket; then it is
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
