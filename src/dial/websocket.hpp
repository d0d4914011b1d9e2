// One WebSocket as a client (RFC 6455), plain or over TLS. libcurl makes the connection (names,
// proxies, TLS), everything behind that is ours. Reactor's thread only, or nobody runs it.
//
// Sending: what is sent in one turn is masked into one buffer and leaves with one write at its end.
// Reading: at most 256 messages per turn, then others get their chance. Pings are answered; a
// close frame is answered and ends it.
//
// Tested by tests/unit/dial/websocket_test.cpp and websocket_failure_test.cpp and, for TLS and
// proxies, tls_test.cpp and proxy_test.cpp.
#pragma once

#include "dial/failure.hpp"
#include "dial/reactor.hpp"
#include "socketio/compression.hpp"
#include "socketio/dial_options.hpp"
#include "socketio/http.hpp"
#include "wire/deflate_offer.hpp"
#include "wire/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio::dial {

struct websocket_request {
  std::string url = {};  // ws:// wss:// http:// https://
  std::vector<std::pair<std::string, std::string>> headers = {};
  // When some are offered the server must choose one of them (as browsers and `ws` want it).
  std::vector<std::string> protocols = {};
  std::optional<wire::deflate_offer> deflate = {};
  deflate_options compression = {};  // how, when deflate was agreed on: all but the windows
  std::size_t message_bytes_max = 100'000'000;
  std::size_t fragments_max = 1024;
  milliseconds close_timeout{2'000};
  milliseconds handshake_timeout{
      0};  // until it is open; 0: five minutes to connect, no more limits
};

struct websocket_opened {
  http_headers headers = {};  // of the server's answer
  std::string protocol = {};
  bool deflate = false;
};

// No call follows on_websocket_closed(). Each may destroy the websocket; none is made inside one of
// its functions.
class websocket_sink {
 public:
  virtual void on_websocket_open(const websocket_opened& how) = 0;
  virtual void on_websocket_message(bool binary, std::string_view data) = 0;  // valid in the call
  virtual void on_websocket_drained() = 0;  // the kernel has taken everything that was sent
  // The answer to a ping(), or one that nobody asked for.
  virtual void on_websocket_pong(std::string_view data) = 0;  // valid in the call
  virtual void on_websocket_closed(failure why) = 0;          // also when it never opened
  virtual ~websocket_sink() = default;
};

class websocket {
 public:
  websocket(reactor& on, const dial_options& options, websocket_request request,
            websocket_sink& sink);
  // Cuts the connection, unless close() was called: then that goes on by itself, as long as the
  // reactor lives.
  ~websocket();
  websocket(const websocket&) = delete;
  websocket& operator=(const websocket&) = delete;

  // Before it is open and behind its end these are ignored.
  void send(const wire::frame& packet);
  void send_text(std::string_view text);
  // Behind what was sent: the peer's pong says that it has read that. At most 125 bytes.
  void ping(std::string_view data);
  // Says goodbye behind what was sent, and waits for the peer's, at most close_timeout. The sink is
  // not called any more. One that is not open yet is cut. `left` is called when the connection has
  // ended: what is destroyed before may reset it, and the peer loses what it had not read.
  void close(std::optional<std::uint16_t> code = {}, std::function<void()> left = nullptr);
  void abort() noexcept;  // the same without a word

  std::size_t queued_bytes() const noexcept;  // what the kernel has not yet taken
  bool is_open() const noexcept;

 private:
  struct inside;
  std::shared_ptr<inside> inside_;  // shared with the call that is going on, and with the reactor
};

}  // namespace socketio::dial
