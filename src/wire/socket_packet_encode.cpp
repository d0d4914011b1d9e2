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

// "4", which is the message of Engine.IO, the type, and the number of attachments with its '-'.
class packet_head {
 public:
  packet_head(packet_type type, std::size_t attachments) {
    text_[0] = '4';
    text_[1] = type_digit(type, attachments > 0);
    if (attachments == 0) return;
    end_ = std::to_chars(end_, text_.data() + text_.size() - 1, attachments).ptr;
    *end_++ = '-';
  }
  std::string_view view() const noexcept {
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }

 private:
  std::array<char, 24> text_;
  char* end_ = &text_[2];
};

[[gnu::cold, gnu::noinline]] void append_attachments(
    std::span<const std::span<const std::byte>> attachments, frame_class kind,
    std::vector<frame>& group, compression how) {
  for (const std::span<const std::byte> bytes : attachments) {
    const auto* data = reinterpret_cast<const char*>(bytes.data());
    group.push_back(frame::binary({data, bytes.size()}, kind, how));
  }
}

}  // namespace

void encode_event(std::string_view nsp, std::string_view payload, std::string_view tail,
                  std::span<const std::span<const std::byte>> attachments,
                  std::vector<frame>& group, compression how) {
  const packet_head head(packet_type::event, attachments.size());
  const bool named = !nsp.empty() && nsp != "/";
  group.push_back(frame::text({head.view(), named ? nsp : std::string_view(), named ? "," : "",
                               payload.substr(0, payload.size() - 1), tail},
                              frame_class::event, how));
  if (!attachments.empty()) append_attachments(attachments, frame_class::event, group, how);
}

void encode_packet(packet_type type, std::string_view nsp, std::optional<std::uint64_t> id,
                   std::string_view payload,
                   std::span<const std::span<const std::byte>> attachments, frame_class kind,
                   std::vector<frame>& group, compression how) {
  const packet_head head(type, attachments.size());
  const bool named = !nsp.empty() && nsp != "/";
  std::array<char, 20> id_digits;
  char* id_end = id_digits.data();
  if (id) id_end = std::to_chars(id_end, id_end + id_digits.size(), *id).ptr;

  const std::string_view digits(id_digits.data(),
                                static_cast<std::size_t>(id_end - id_digits.data()));
  group.push_back(frame::text(
      {head.view(), named ? nsp : std::string_view(), named ? "," : "", digits, payload}, kind,
      how));
  if (!attachments.empty()) append_attachments(attachments, kind, group, how);
}

}  // namespace socketio::wire
