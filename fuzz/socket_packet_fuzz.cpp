// Socket.IO packets: a list of messages, separated by 0x1E, where 'b' begins a binary one and
// anything else is text. Every packet that is decoded must encode to messages that decode to the
// same packet.
#include "wire/socket_packet.hpp"

#include "law.hpp"
#include "unit/wire/print.hpp"
#include "wire/engine_packet.hpp"

namespace socketio {
namespace {

std::string described(const wire::packet& packet) {
  std::string out = std::to_string(static_cast<int>(packet.type)) + " " + std::string(packet.nsp);
  out += packet.id ? " id " + std::to_string(*packet.id) : " no id";
  if (packet.has_payload) out += " " + wire::test::printed_with(packet.payload, wire::test::never);
  return out;
}

void check_round_trip(const wire::packet& packet) {
  static wire::json_reader reader;
  std::string payload;
  std::vector<std::span<const std::byte>> attachments;
  wire::json_output out(payload, attachments);
  if (packet.has_payload) wire::test::copy(packet.payload, out, wire::test::never);

  // Only events and acks carry attachments; in other packets a placeholder is data, and stays.
  std::vector<wire::frame> group;
  wire::encode_packet(packet.type, packet.nsp, packet.id, payload, attachments,
                      wire::frame_class::event, group);
  const wire::packet_limits limits{.attachments_max = group.size(),
                                   .attachment_bytes_max = SIZE_MAX};
  wire::packet_decoder decoder;
  auto decoded = decoder.on_text(group.front().packet().substr(1), reader, limits);
  for (std::size_t i = 1; i < group.size(); ++i) {
    fuzz::law(decoded && !decoded->has_value(), "attachments are awaited");
    decoded = decoder.on_binary(group[i].packet(), reader, limits);
  }
  fuzz::law(decoded && decoded->has_value(), "what was encoded decodes");
  fuzz::law(described(**decoded) == described(packet), "what was encoded means the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static wire::json_reader reader;
  wire::packet_decoder decoder;
  for (std::string_view rest(reinterpret_cast<const char*>(data), size); rest.data();) {
    const std::string_view record = wire::next_record(rest);
    // Exactly as long as the message, so that the address sanitizer sees a read beyond its end.
    const std::vector<char> message(record.begin(), record.end());
    const std::string_view text(message.data(), message.size());
    const auto decoded = text.starts_with('b') ? decoder.on_binary(text.substr(1), reader, {})
                                               : decoder.on_text(text, reader, {});
    if (!decoded) return 0;  // the connection would be closed
    if (decoded->has_value()) {
      fuzz::law(!decoder.reconstructing(), "a complete packet leaves nothing behind");
      check_round_trip(**decoded);
    }
  }
  return 0;
}

}  // namespace socketio
