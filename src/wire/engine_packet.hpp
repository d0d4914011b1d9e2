// Engine.IO packets of revision 4, as they travel in one WebSocket message or in one record of a
// polling payload (https://socket.io/docs/v4/engine-io-protocol/, "Packet encoding"; spec rows
// WS-01, HS-20). Pure functions over bytes. Tested by tests/unit/wire/engine_packet_test.cpp,
// fuzzed by fuzz/engine_packet_fuzz.cpp.
#pragma once

#include "base/base64.hpp"
#include "socketio/result.hpp"
#include "wire/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace socketio::wire {

enum class engine_packet_type : std::uint8_t { open, close, ping, pong, message, upgrade, noop };

struct engine_packet {
  engine_packet_type type = engine_packet_type::noop;
  bool binary = false;    // `data` is raw bytes, not text
  std::string_view data;  // points into the input, or into `storage` for base64
};

// One text packet: type character and data, or 'b' and base64 (a binary message), which is decoded
// into `storage`.
result<engine_packet> decode_engine_packet(std::string_view text, std::string& storage);

// Takes the next record of a polling payload off `rest` (records are separated by 0x1E). After the
// last one rest.data() is nullptr; a `rest` that is merely empty is one more, empty record, as
// behind a trailing separator:
//   for (std::string_view rest = body; rest.data();) use(next_record(rest));
std::string_view next_record(std::string_view& rest) noexcept;

using socketio::append_base64;  // of a binary message, behind the 'b'

}  // namespace socketio::wire
