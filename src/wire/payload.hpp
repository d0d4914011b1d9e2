// Puts polling payloads together: one packet behind the other, in the format that the peer reads.
// `packet` is what a WebSocket would carry (wire::frame::packet()): a text with its type, or the
// bare bytes of a binary message. What comes out of the first two formats is text, also for JSONP.
// Tested by tests/unit/wire/payload_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace socketio::wire {

enum class payload_format : std::uint8_t {
  revision_4,         // joined by 0x1E, binary is 'b' and base64 (HS-20)
  revision_3_text,    // each behind its length, binary is 'b4' and base64 (V3-02, V3-05)
  revision_3_binary,  // V3-03
};

void append_record(payload_format format, std::string_view packet, bool binary,
                   std::string& payload);
// By how much append_record() makes a payload longer at most; exact for revision 4, but for the
// separator.
std::size_t record_bytes(payload_format format, std::string_view packet, bool binary) noexcept;

}  // namespace socketio::wire
