// See payload.hpp.
#include "wire/payload.hpp"

#include "base/base64.hpp"
#include "wire/engine_packet_v3.hpp"

namespace socketio::wire {
namespace {

constexpr char separator = '\x1e';
constexpr std::size_t head_bytes_max = 24;  // a kind, 20 digits, an end of them and a type

void append_text_record(std::string_view packet, bool binary, std::string& payload) {
  if (!binary) {
    (payload += std::to_string(utf16_length(packet)) += ':') += packet;
    return;
  }
  payload += std::to_string(2 + base64_size(packet.size())) += ":b4";
  append_base64(packet, payload);
}

void append_binary_record(std::string_view packet, bool binary, std::string& payload) {
  payload += binary ? '\1' : '\0';
  for (const char digit : std::to_string(packet.size() + (binary ? 1 : 0)))
    payload += static_cast<char>(digit - '0');
  payload += '\xFF';
  if (binary) payload += '\4';  // a message
  payload += packet;
}

}  // namespace

void append_record(payload_format format, std::string_view packet, bool binary,
                   std::string& payload) {
  switch (format) {
    case payload_format::revision_4:
      if (!payload.empty()) payload += separator;
      if (!binary) {
        payload += packet;
        return;
      }
      payload += 'b';
      return append_base64(packet, payload);
    case payload_format::revision_3_text: return append_text_record(packet, binary, payload);
    case payload_format::revision_3_binary: return append_binary_record(packet, binary, payload);
  }
}

std::size_t record_bytes(payload_format format, std::string_view packet, bool binary) noexcept {
  switch (format) {
    case payload_format::revision_4: return binary ? 1 + base64_size(packet.size()) : packet.size();
    case payload_format::revision_3_text:
      return head_bytes_max + (binary ? base64_size(packet.size()) : packet.size());
    case payload_format::revision_3_binary: return head_bytes_max + packet.size();
  }
  return 0;
}

}  // namespace socketio::wire
