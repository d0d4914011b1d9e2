// The options that all subcommands have: which server, and how it is reached.
#pragma once

#include "socketio/client_options.hpp"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace socketio::tools {

struct server_options {
  std::string url;
  std::string path = "/socket.io";
  std::vector<std::string> transports, headers, queries;
  std::string ca, certificate, key, proxy, unix_socket;
  std::vector<std::string> pins;
  bool insecure = false;
  double timeout = 10;  // seconds
  bool json = false, no_colour = false;

  std::chrono::milliseconds patience() const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(timeout * 1000));
  }
  // Throws CLI::ValidationError for what cannot be meant.
  client_options to_client() const;
};

void add_server_options(CLI::App& to, server_options& into);

}  // namespace socketio::tools
