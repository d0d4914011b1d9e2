// The options of an Engine.IO client with the official names and defaults (CM-22).
#pragma once

#include "engine/options.hpp"

#include <string>
#include <utility>
#include <vector>

namespace socketio::engine {

struct client_options {
  std::vector<transport> transports{transport::polling, transport::websocket};
  std::vector<std::pair<std::string, std::string>> query;
  std::string timestamp_param = "t";
  // Nothing: polling requests are stamped, WebSockets are not (CM-28).
  std::optional<bool> timestamp_requests;
  bool upgrade = true;
  bool try_all_transports = false;
  bool force_base64 = false;
  // Of what the server says in its handshake.
  std::size_t sid_bytes_max = 256;
  // How long the close of a polling session, and what was sent before it, may take.
  milliseconds close_timeout{5'000};
};

}  // namespace socketio::engine
