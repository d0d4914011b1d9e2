// Why a connection ended or was refused: the official reason (the string that Socket.IO's own API
// reports, spec rows SK-20 and SK-21), one precise cause of ours, and a sentence with the numbers
// that led to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace socketio {

// The nine reasons of the official server, in the order of its documentation.
enum class reason : std::uint8_t {
  transport_error,
  transport_close,
  forced_close,
  ping_timeout,
  parse_error,
  server_shutting_down,
  forced_server_close,
  client_namespace_disconnect,
  server_namespace_disconnect,
};
inline constexpr std::size_t reason_count = 9;

// The string that JavaScript sees, for example "transport close".
std::string_view to_string(reason why) noexcept;

// What happened exactly. Values are stable: they are metric labels and never reused.
enum class cause : std::uint8_t {
  none = 0,
  // the peer or the network
  closed_by_peer = 1,     // WebSocket close frame, or an Engine.IO close packet over polling
  connection_lost = 2,    // the TCP connection ended without a close
  poll_aborted = 3,       // the client gave up a pending GET
  data_aborted = 4,       // the client gave up a POST before its end
  no_pong = 5,            // no answer to a ping within ping_timeout; of an older client, no ping
  client_disconnect = 6,  // a Socket.IO DISCONNECT packet
  // the peer broke the protocol
  overlapping_poll = 10,         // a second GET while one was pending
  overlapping_data = 11,         // a second POST while one was being read
  bad_content_type = 12,         // a binary POST on revision 4
  bad_heartbeat_direction = 13,  // a ping from a revision 4 client, or a pong from an older one
  malformed_engine_packet = 14,
  malformed_frame = 15,  // RFC 6455 violated
  invalid_utf8 = 16,
  message_too_big = 17,  // over max_http_buffer_size
  too_many_fragments = 18,
  malformed_packet = 19,  // Socket.IO packet
  too_many_attachments = 20,
  packet_before_connect = 21,
  duplicate_connect = 22,
  connect_timeout = 23,  // no namespace joined within connect_timeout
  payload_too_many_packets = 24,
  json_too_deep = 25,
  attachments_too_big = 26,  // all of one packet together
  attachments_timeout = 27,  // one that was announced did not come
  too_many_namespaces = 28,  // on one connection
  rate_limited = 60,         // it sent more than server_options::rate_limits allow
  // our side
  slow_consumer = 30,      // the send queue reached its limit
  server_disconnect = 31,  // socket.disconnect()
  server_close = 32,       // io.close()
  connection_close = 33,   // socket.close_connection()
  // 34 was never given
  close_timeout = 35,  // a polling client never fetched the close
  // recovery
  replaced = 50,  // the client is back on another connection
};

// A short snake_case name, for logs and metric labels, for example "slow_consumer".
std::string_view to_string(cause what) noexcept;

// Value type; cheap to copy when the detail is short.
struct disconnect_reason {
  reason why = reason::transport_close;
  cause what = cause::none;
  std::string
      detail;  // lower case, with the values: "message of 2000000 bytes, the limit is 1000000"

  // The official string.
  std::string_view text() const noexcept { return to_string(why); }
};

}  // namespace socketio
