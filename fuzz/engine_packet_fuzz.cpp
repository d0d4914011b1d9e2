// One Engine.IO packet: what decodes must encode to something that decodes to the same.
#include "wire/engine_packet.hpp"

#include "law.hpp"

namespace socketio {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string storage, storage_again, encoded;
  const auto packet = wire::decode_engine_packet(text, storage);
  if (!packet) return 0;

  if (packet->binary) {
    fuzz::law(packet->type == wire::engine_packet_type::message, "binary packets are messages");
    encoded += 'b';
    append_base64(packet->data, encoded);
  } else {
    encoded += static_cast<char>('0' + static_cast<int>(packet->type));
    encoded += packet->data;
    fuzz::law(encoded == text, "a text packet is encoded in one way only");
  }
  const auto again = wire::decode_engine_packet(encoded, storage_again);
  fuzz::law(again.has_value(), "what was encoded decodes");
  fuzz::law(again->type == packet->type && again->binary == packet->binary, "the type stays");
  fuzz::law(again->data == packet->data, "the data stays");
  return 0;
}

}  // namespace socketio
