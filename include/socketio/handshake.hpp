// What is known of a client from its first HTTP request and its CONNECT packet (SK-02, SK-03).
#pragma once

#include "socketio/http.hpp"
#include "socketio/value.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace socketio {

struct handshake {
  http_headers headers;
  std::string time;  // when the namespace was joined, in the form of JavaScript's Date.toString()
  // Of the peer as the socket saw it, or as one of server_options::trusted_proxies names it; empty
  // for a Unix-domain socket.
  std::string address;
  bool xdomain = false;  // an Origin header was there
  bool secure = false;   // TLS, with this server or with a trusted proxy
  // What the client has shown over TLS; nullptr: none. See tls_options::client.
  std::shared_ptr<const peer_certificate> client_certificate = {};
  std::int64_t issued_ms = 0;  // milliseconds since 1970
  std::string url;
  http_query query;
  custom_fields custom;  // what middlewares of io.engine() attached to the request
  value auth;            // the payload of CONNECT; an empty object when there was none
};

}  // namespace socketio
