// See engine_packet.hpp.
#include "wire/engine_packet.hpp"

namespace socketio::wire {

result<engine_packet> decode_engine_packet(std::string_view text, std::string& storage) {
  if (text.empty()) return wire_errc::empty_packet;
  const char type = text.front();
  const std::string_view data = text.substr(1);
  if (type == 'b') {
    storage.clear();
    if (!append_decoded_base64(data, storage)) return wire_errc::bad_base64;
    return engine_packet{engine_packet_type::message, true, storage};
  }
  if (type < '0' || type > '6') return wire_errc::unknown_packet_type;
  return engine_packet{static_cast<engine_packet_type>(type - '0'), false, data};
}

std::string_view next_record(std::string_view& rest) noexcept {
  constexpr char separator = '\x1e';
  const std::string_view all = rest;
  const std::size_t end = all.find(separator);
  if (end == std::string_view::npos) {
    rest = {};
    return all;
  }
  rest = all.substr(end + 1);
  return all.substr(0, end);
}

}  // namespace socketio::wire
