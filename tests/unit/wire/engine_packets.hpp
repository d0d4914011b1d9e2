// Packets of Engine.IO as text, as they were decoded and as the vectors have them.
#pragma once

#include "unit/wire/support.hpp"
#include "wire/engine_packet.hpp"

namespace socketio::wire::test {

// {"type":"message","data":"hello"} as the vectors have it, or the message of the error.
inline std::string described(const result<engine_packet>& packet) {
  constexpr std::string_view type_names[] = {"open",    "close",   "ping", "pong",
                                             "message", "upgrade", "noop"};
  if (!packet) return "error";
  std::string out = std::string(type_names[static_cast<int>(packet->type)]) + " ";
  if (!packet->binary) return out + "text " + std::string(packet->data);
  out += "binary ";
  append_base64(packet->data, out);
  return out;
}

inline std::string expected(const input& packet) {
  if (member(packet, "error")) return "error";
  const std::string type = text_of(packet, "type");
  if (const auto binary = member(packet, "binary")) return type + " binary " + text_of(*binary);
  return type + " text " + text_of(packet, "data");
}

}  // namespace socketio::wire::test
