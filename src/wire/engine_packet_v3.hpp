// Engine.IO packets and payloads of revision 3, which clients of Socket.IO 2 speak (spec rows V3-02
// to V3-06; https://github.com/socketio/engine.io-protocol/tree/v3). Text packets are those of
// revision 4; what differs is binary, which has a type here, and how a payload is put together:
//
//   text payload     <length>:<packet>...  the length counts UTF-16 code units, as JavaScript does;
//                    a binary packet is 'b', its type and base64
//   binary payload   0 or 1 for text or binary, the digits of the length as bytes 0 to 9, 0xFF, and
//                    that many bytes: the text, or the type as a byte and the data
//
// Pure functions over bytes. JS differs: engine.io 6.6.11, build/parser-v3, takes a binary packet
// that is cut off for a shorter one, ignores types that do not exist when they stand in binary
// packets, and reads lengths as JavaScript reads numbers ("0x5"); here all of this is an error.
//
// Tested by tests/unit/wire/engine_packet_v3_test.cpp, fuzzed by fuzz/payload_v3_fuzz.cpp.
#pragma once

#include "wire/engine_packet.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace socketio::wire {

// One binary WebSocket message: a byte for the type, and the data (V3-04).
result<engine_packet> decode_binary_packet_v3(std::string_view bytes) noexcept;

// One text message: as in revision 4, but behind the 'b' stands the type (V3-05).
result<engine_packet> decode_text_packet_v3(std::string_view text, std::string& storage);

// One packet of a payload, still encoded.
struct record_v3 {
  bool binary = false;
  std::string_view data;  // empty in a text payload: no packet at all, to be skipped
};
// Takes the next record off `rest`, until that is empty; an empty payload is an error. `binary`: of
// a binary payload.
result<record_v3> next_record_v3(std::string_view& rest, bool binary) noexcept;

// How many UTF-16 code units the text takes. Bytes that are not UTF-8 count as if they were.
std::size_t utf16_length(std::string_view text) noexcept;

}  // namespace socketio::wire
