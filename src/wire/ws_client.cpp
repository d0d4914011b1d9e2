// See ws_client.hpp.
#include "wire/ws_client.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace socketio::wire {
namespace {

// What is copied is masked while it is in the cache; a multiple of four, so that each step begins
// with the first byte of the mask.
constexpr std::size_t step_bytes = 16 * 1024;

// A string that is asked for exactly what it needs, again and again, would be copied as often.
void make_room(std::string& out, std::size_t more) {
  if (out.capacity() - out.size() >= more) return;
  out.reserve(std::max(out.size() + more, 2 * out.capacity()));
}

}  // namespace

void append_masked_frame(ws_opcode opcode, std::string_view payload, bool compressed,
                         std::uint32_t mask, std::string& out) {
  constexpr unsigned rsv1 = 0x40, masked = 0x80;
  std::array<char, 10 + sizeof mask> head;
  std::size_t head_bytes = write_ws_header(opcode, payload.size(), head.data());
  if (compressed) head[0] = static_cast<char>(head[0] | rsv1);
  head[1] = static_cast<char>(head[1] | masked);
  std::memcpy(head.data() + head_bytes, &mask, sizeof mask);
  head_bytes += sizeof mask;
  make_room(out, head_bytes + payload.size());
  out.append(head.data(), head_bytes);
  while (!payload.empty()) {
    const std::string_view step = payload.substr(0, step_bytes);
    out += step;
    unmask(std::span<char>(out).last(step.size()), mask);
    payload.remove_prefix(step.size());
  }
}

void append_masked_frame(const frame& packet, std::uint32_t mask, std::string& out) {
  append_masked_frame(packet.is_binary() ? ws_opcode::binary : ws_opcode::text, packet.packet(),
                      packet.is_deflated(), mask, out);
}

void append_masked_close(std::optional<std::uint16_t> code, std::string_view reason,
                         std::uint32_t mask, std::string& out) {
  std::string payload;
  if (code) {
    payload += static_cast<char>(*code >> 8);
    payload += static_cast<char>(*code);
    payload += utf8_prefix(reason, 123);  // a control frame carries at most 125 bytes
  }
  append_masked_frame(ws_opcode::close, payload, false, mask, out);
}

}  // namespace socketio::wire
