// Who a client is when it comes through proxies. Only they are believed (HD-15: the original
// believes nobody), and each only about the peer right in front of it: the list is read from its
// end, up to the first address that is no proxy of ours. What stands before that, anybody may have
// written.
//
// Either X-Forwarded-For or Forwarded (RFC 7239) is read, never both: a proxy that writes one
// passes on whatever the client has written into the other.
//
// Constant after the construction: any thread. Tested by tests/unit/net/trusted_proxies_test.cpp,
// fuzzed by fuzz/forwarded_fuzz.cpp.
#pragma once

#include "net/ip_address.hpp"
#include "socketio/http.hpp"
#include "socketio/server_options.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace socketio::net {

class trusted_proxies {
 public:
  // Addresses and networks; "unix:" stands for peers without an address. Throws
  // std::invalid_argument with what is none of these.
  trusted_proxies(const std::vector<std::string>& entries, proxy_header by);

  bool empty() const noexcept { return networks_.empty() && !unix_; }
  bool trusts(std::string_view address) const;  // of a peer; empty: a Unix-domain socket
  // Puts the client in the place of the proxy: remote_address, remote_port (0 when nobody says it)
  // and secure.
  void apply(http_request& request) const;

 private:
  bool trusts(const ip_address& address) const;

  std::vector<ip_network> networks_;
  bool unix_ = false;
  proxy_header by_;
};

}  // namespace socketio::net
