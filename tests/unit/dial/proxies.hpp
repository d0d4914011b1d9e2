// Proxies made of scripts: HTTP CONNECT and SOCKS5 (RFC 1928, 1929), which do as told and write
// down what they were asked.
#pragma once

#include "unit/dial/raw_server.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace socketio::test {

// What a proxy was asked, by any of its connections.
class proxy_log {
 public:
  void put(std::string what) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(what));
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> all_;
};

struct http_proxy_script {
  std::string refusal = {};      // sent instead of connecting: "HTTP/1.1 403 ..."
  std::string credentials = {};  // of Proxy-Authorization; else 407
  proxy_log* log = nullptr;      // "CONNECT host:port", or "GET http://..."
};
raw_server::script http_proxy(http_proxy_script how);

struct socks_proxy_script {
  unsigned char reply = 0;  // other than 0: refused with that
  std::string user = {}, password = {};
  proxy_log* log = nullptr;  // "v4 127.0.0.1:80" or "name localhost:80"
  int bytes = 10'000;        // of answers, then it ends the connection
};
raw_server::script socks_proxy(socks_proxy_script how);

}  // namespace socketio::test
