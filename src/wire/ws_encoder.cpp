// The writing half of ws_frame.hpp: unmasked frames, always in one piece (RFC 6455, section 5.2).
#include "base/utf8.hpp"
#include "wire/ws_frame.hpp"

#include <array>

namespace socketio::wire {

std::size_t write_ws_header(ws_opcode opcode, std::size_t payload_bytes, char* out) noexcept {
  constexpr unsigned fin = 0x80;
  out[0] = static_cast<char>(fin | static_cast<unsigned>(opcode));
  if (payload_bytes < 126) {
    out[1] = static_cast<char>(payload_bytes);
    return 2;
  }
  const bool wide = payload_bytes > 0xFFFF;
  const unsigned length_bytes = wide ? 8 : 2;
  out[1] = wide ? 127 : 126;
  for (unsigned i = 0; i < length_bytes; ++i) {
    out[2 + i] = static_cast<char>(std::uint64_t{payload_bytes} >> (length_bytes - 1 - i) * 8);
  }
  return 2 + length_bytes;
}

void append_ws_frame(ws_opcode opcode, std::string_view payload, std::string& out) {
  std::array<char, 10> header;
  out.append(header.data(), write_ws_header(opcode, payload.size(), header.data()));
  out += payload;
}

void append_ws_close(std::optional<std::uint16_t> code, std::string_view reason, std::string& out) {
  std::string payload;
  if (code) {
    payload += static_cast<char>(*code >> 8);
    payload += static_cast<char>(*code);
    payload += utf8_prefix(reason, 123);  // a control frame carries at most 125 bytes
  }
  append_ws_frame(ws_opcode::close, payload, out);
}

}  // namespace socketio::wire
