// What a client tells about connections that could not be made, or ended: the official texts, and
// one precise cause of ours beside them (CS-05, CS-08, CM-34, CM-35).
#pragma once

#include "socketio/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace socketio {

// The reasons of the official client (CS-05).
enum class client_reason : std::uint8_t {
  io_server_disconnect,  // the server left the namespace: no reconnection by itself
  io_client_disconnect,  // disconnect() was called: the same
  ping_timeout,
  transport_close,
  transport_error,
  parse_error,
  forced_close,  // the connection was closed with manager::close_connection()
};
// The text that JavaScript sees, for example "io server disconnect".
std::string_view to_string(client_reason why) noexcept;

struct client_disconnect {
  client_reason why = client_reason::transport_close;
  // What led to it, with the numbers: "websocket connection closed with code 1006".
  std::string description;
  std::string_view text() const noexcept { return to_string(why); }
};

// What exactly went wrong. Values are stable and never reused.
enum class connect_cause : std::uint8_t {
  none = 0,
  // the way to the server
  bad_url = 1,
  resolve = 2,  // no address for the name
  connect = 3,  // nobody accepts connections there, or it cannot be reached
  proxy = 4,
  tls = 5,          // certificate, host name, pin, or no TLS at all; `description` has its words
  timeout = 6,      // client_options::timeout or request_timeout
  http_status = 7,  // an answer other than 200 (101 for a WebSocket)
  closed = 8,       // the server closed the connection
  lost = 9,         // it ended without a close
  // what is said there
  protocol = 20,      // no Engine.IO, or broken
  too_big = 21,       // more than message_bytes_max
  no_transport = 22,  // client_options::transports is empty
  older_server = 23,  // Socket.IO 2 (CS-08c)
  refused = 24,       // by a middleware of the namespace, or there is no such namespace (CS-08b)
  auth = 25,          // the auth function of the application threw
};
// A short snake_case name for logs.
std::string_view to_string(connect_cause what) noexcept;

struct connect_failure {
  connect_cause what = connect_cause::none;
  // The official text: "xhr poll error", "websocket error", "timeout", or the server's words.
  std::string message;
  value data;  // what the server sent beside its words; of `refused` only
  std::string
      description;      // ours: "TLS: certificate of example.org refused: self-signed certificate"
  unsigned status = 0;  // of http_status
};

}  // namespace socketio
