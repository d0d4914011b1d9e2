// HTTP/1.1 as the floors above see it: one `exchange` per request. No Asio or Beast type stands
// here. Everything is shard only: an exchange lives and is answered on the thread of its loop.
#pragma once

#include "net/loose_stream.hpp"
#include "net/websocket.hpp"
#include "socketio/http.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace socketio::net {

struct http_limits {
  std::size_t header_bytes_max = 16 * 1024;
  milliseconds head_timeout{10'000};  // from the first byte of a request to the end of its head
  milliseconds body_timeout{30'000};  // without a byte of the body, or of an answer written
  // From the first byte of a request to the end of its body. A peer that takes its answers has as
  // long for every 256 KiB of them, or for all when they are less.
  milliseconds request_timeout{300'000};
  milliseconds keep_alive_timeout{
      65'000};  // idle between two requests (longer than the ping interval of pollers)
  milliseconds linger_timeout{2'000};  // for a refused client to finish sending and to read why
  std::size_t pipelined_max = 16;      // requests read ahead of the answered one
};

enum class body_outcome : std::uint8_t { complete, too_big, aborted };

class exchange {
 public:
  virtual ~exchange() = default;

  virtual http_request& request() noexcept = 0;
  // Added to whatever answer follows, the 101 and error answers included (CORS, middlewares).
  virtual http_headers& extra_headers() noexcept = 0;

  // Reads the body up to `bytes_max`; `done` is called at most once, with the body in
  // request().body when complete: exactly once unless the service answers or aborts before. Such an
  // early answer ends the connection behind it.
  virtual void read_body(std::size_t bytes_max, std::function<void(body_outcome)> done) = 0;
  // Answers, once; later answers are ignored. HEAD requests get the headers only. Pipelined answers
  // keep the order of requests.
  virtual void respond(http_response response) = 0;
  // Called when the connection ends before respond(); at most once. Replaces an earlier one.
  virtual void on_aborted(std::function<void()> gone) = 0;
  // Cuts the connection without an answer.
  virtual void abort() = 0;
  virtual bool answered() const noexcept = 0;

  // Only if request().upgrade: answers 101 (with extra_headers and the first offered sub-protocol,
  // WS-05) and turns the connection into a WebSocket. nullptr when the handshake is not valid RFC
  // 6455; then it has been answered with 400.
  virtual std::shared_ptr<websocket> accept_websocket(const websocket_limits& limits) = 0;
};

// Who answers requests. on_request is called with the head read and the body not yet.
class http_service {
 public:
  virtual ~http_service() = default;
  virtual void on_request(std::shared_ptr<exchange> request) = 0;
  // Whether the request belongs to another shard: then what takes the connection there, and every
  // byte from the request on. Empty: it stays, and on_request() follows.
  using handover = std::function<void(loose_stream connection, std::string received)>;
  virtual handover elsewhere(const http_request&) { return {}; }
};

// A head as it would be received, from a request that was parsed.
std::string to_head(const http_request& request);

}  // namespace socketio::net
