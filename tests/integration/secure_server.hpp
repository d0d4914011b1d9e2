// A server with TLS, and connections to it.
#pragma once

#include "integration/running_server.hpp"
#include "support/tls_trust.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace socketio::test {

inline server_options secured(tls_options tls, unsigned threads = 1) {
  server_options options;
  options.tls = std::move(tls);
  options.threads = threads;
  options.close_timeout = std::chrono::milliseconds(50);
  return options;
}

inline server_options secured(unsigned threads = 1) {
  return secured(options_for(authority().issue()), threads);
}

// A connection that has shaken hands.
inline std::unique_ptr<tls_client> dial(std::uint16_t port, const tls_client_options& options) {
  auto made = std::make_unique<tls_client>(port, options);
  if (!made->shake_hands()) throw std::runtime_error("no handshake: " + made->why());
  return made;
}
inline std::unique_ptr<tls_client> dial(std::uint16_t port) { return dial(port, trusting()); }

}  // namespace socketio::test
