// Our own server on a thread of its own, and clients that are in a hurry.
#pragma once

#include "socketio/client.hpp"
#include "socketio/server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace socketio::test {

inline server_options local(server_options from = {}) {
  if (from.host == "0.0.0.0") from.host = "127.0.0.1";
  from.port = 0;
  from.log = [](const log_record&) {};
  return from;
}

class own_server {
 public:
  explicit own_server(server_options options = {}) : io(local(std::move(options))) {}
  ~own_server() {
    io.close();
    if (runner_.joinable()) runner_.join();
  }
  own_server& start() {
    const auto failed = io.listen();
    EXPECT_FALSE(failed) << failed.message();
    runner_ = std::thread([this] { io.run(); });
    return *this;
  }
  std::string url(std::string_view scheme = "http", std::string_view host = "127.0.0.1") const {
    return std::string(scheme) + "://" + std::string(host) + ':' + std::to_string(io.port());
  }
  server io;

 private:
  std::thread runner_;
};

inline client_options quick() {
  client_options made;
  made.reconnection_delay = std::chrono::milliseconds(20);
  made.reconnection_delay_max = std::chrono::milliseconds(60);
  return made;
}

}  // namespace socketio::test
