// HTTP/1.1 requests over connections that are kept for the next ones; polling is made of them.
// Reactor's thread only, or nobody runs it.
//
// gzip and deflate are accepted and decoded. No redirects are followed, no cookies kept, and the
// environment is not asked for proxies. A request is never sent twice: one that was lost with a
// kept connection fails.
//
// Tested by tests/unit/dial/http_client_test.cpp and, for TLS and proxies, tls_test.cpp and
// proxy_test.cpp.
#pragma once

#include "dial/failure.hpp"
#include "dial/reactor.hpp"
#include "socketio/dial_options.hpp"
#include "socketio/http.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace socketio::dial {

struct http_call {
  std::string method = "GET";
  std::string url = {};  // http:// or https://
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  // For all of it, from start() to the last byte; 0: as long as it takes, but five minutes to
  // connect.
  milliseconds timeout{0};
  std::size_t response_bytes_max = 100'000'000;  // of the body, decoded
};

struct http_answer {
  unsigned status = 0;
  http_headers headers = {};
  std::string body = {};
};

using http_outcome = std::variant<http_answer, failure>;

class http_client {
 public:
  // Wrong options are told by the first request.
  http_client(reactor& on, const dial_options& options);
  // Cuts what is under way, without a word. Connections are closed.
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  // Called once, never inside start(), and not when it was cancelled or the client has gone. It may
  // destroy the client.
  using done = std::function<void(http_outcome)>;
  std::uint64_t start(http_call call, done then);  // a number for cancel(), never 0
  void cancel(std::uint64_t which) noexcept;       // also of one that is over
  std::size_t pending() const noexcept;

 private:
  struct inside;
  std::shared_ptr<inside> inside_;
};

}  // namespace socketio::dial
