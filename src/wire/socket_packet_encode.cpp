// The writing half of socket_packet.hpp (PK-01, PK-07).
#include "wire/socket_packet.hpp"

#include <array>
#include <charconv>

namespace socketio::wire {
namespace {

// The digit on the wire: packets with attachments have types of their own.
char type_digit(packet_type type, bool has_attachments) noexcept {
  switch (type) {
    case packet_type::connect: return '0';
    case packet_type::disconnect: return '1';
    case packet_type::event: return has_attachments ? '5' : '2';
    case packet_type::ack: return has_attachments ? '6' : '3';
    case packet_type::connect_error: return '4';
  }
  return '1';
}

}  // namespace

void encode_packet(packet_type type, std::string_view nsp, std::optional<std::uint64_t> id,
                   std::string_view payload,
                   std::span<const std::span<const std::byte>> attachments, frame_class kind,
                   std::vector<frame>& group, compression how) {
  std::array<char, 24> head;  // "45", the number of attachments, '-'
  head[0] = '4';              // Engine.IO: a message
  head[1] = type_digit(type, !attachments.empty());
  char* end = &head[2];
  if (!attachments.empty()) {
    end = std::to_chars(end, head.data() + head.size() - 1, attachments.size()).ptr;
    *end++ = '-';
  }
  const bool named = !nsp.empty() && nsp != "/";
  std::array<char, 20> id_digits;
  char* id_end = id_digits.data();
  if (id) id_end = std::to_chars(id_end, id_end + id_digits.size(), *id).ptr;

  const auto view = [](const char* from, const char* to) {
    return std::string_view(from, static_cast<std::size_t>(to - from));
  };
  group.push_back(frame::text({view(head.data(), end), named ? nsp : std::string_view(),
                               named ? "," : "", view(id_digits.data(), id_end), payload},
                              kind, how));
  for (const std::span<const std::byte> bytes : attachments) {
    const auto* data = reinterpret_cast<const char*>(bytes.data());
    group.push_back(frame::binary({data, bytes.size()}, kind, how));
  }
}

}  // namespace socketio::wire
