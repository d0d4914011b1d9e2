// What can be wrong with bytes from a peer. Numbers are never reused.
#pragma once

#include <system_error>

namespace socketio::wire {

enum class wire_errc {
  empty_packet = 1,         // an Engine.IO packet without a type
  unknown_packet_type = 2,  // a type character that does not exist
  bad_base64 = 3,           // a binary packet over polling that does not decode
  bad_payload_length = 4,   // revision 3: a length that is none, or more than there is
  // No or a bad number of attachments, or a placeholder without its attachment.
  illegal_attachments = 10,
  too_many_attachments = 11,  // over the limit
  attachments_too_big = 12,   // their bytes together are over the limit
  illegal_id = 13,            // not a number, or beyond 64 bits
  invalid_payload = 14,       // not what the packet type asks for (PK-04)
  invalid_json = 15,
  json_too_deep = 16,
  reserved_event = 17,     // connect, disconnect, ... as an event name (PK-06)
  unexpected_text = 18,    // text while attachments are awaited
  unexpected_binary = 19,  // binary while none is awaited
  invalid_namespace = 20,  // not a text; for parsers other than JSON, as what follows
  invalid_msgpack = 21,
  msgpack_too_deep = 22,
  msgpack_too_many = 23,  // elements
  // What a server may answer to the request for a WebSocket (http_response_head.hpp).
  bad_status_line = 30,
  bad_line_end = 31,    // a bare CR or LF
  bad_field_name = 32,  // no token, no colon, or a space before it
  bad_field_value = 33,
  folded_field = 34,  // a line that goes on in the next one
  too_many_fields = 35,
  head_too_big = 36,
  // And of extensions (deflate_offer.hpp).
  bad_extension_list = 40,
  extension_not_offered = 41,
  extension_twice = 42,
  unknown_extension_parameter = 43,
  bad_extension_parameter = 44,  // twice, without its value or with a wrong one
  extension_offer_ignored = 45,  // what was asked of the server is not in its answer
  window_beyond_offer = 46,
};

const std::error_category& wire_category() noexcept;
inline std::error_code make_error_code(wire_errc code) noexcept {
  return {static_cast<int>(code), wire_category()};
}

}  // namespace socketio::wire

template <>
struct std::is_error_code_enum<socketio::wire::wire_errc> : std::true_type {};
