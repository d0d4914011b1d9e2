// WebSocket frames as a client writes them (RFC 6455, section 5.3): masked, each with a mask that
// the peer cannot foretell. Where the masks come from is the caller's business. What a client reads
// is ws_frame.hpp's decoder with ws_side::client.
//
// A mask is the four bytes as they stand in memory and on the wire, as unmask() takes them.
//
// Tested by tests/unit/wire/ws_client_test.cpp against the decoder and vectors of the npm package
// `ws`; the decoder's side is fuzzed by fuzz/ws_client_fuzz.cpp.
#pragma once

#include "wire/frame.hpp"
#include "wire/ws_frame.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::wire {

// Appends a client's frame (FIN, masked) to `out`, masking while it copies. `compressed` sets the
// bit that RFC 7692 gives to a message whose payload is deflated.
void append_masked_frame(ws_opcode opcode, std::string_view payload, bool compressed,
                         std::uint32_t mask, std::string& out);

// The same of a frame as a session makes it, deflated or not:
//
//   append_masked_frame(deflate ? deflate->deflate(packet, now) : packet, mask, out);
void append_masked_frame(const frame& packet, std::uint32_t mask, std::string& out);

// A client's close frame; without a code it is empty. The reason is cut to the 123 bytes there is
// room for.
void append_masked_close(std::optional<std::uint16_t> code, std::string_view reason,
                         std::uint32_t mask, std::string& out);

}  // namespace socketio::wire
