// See engine_packet_v3.hpp.
#include "wire/engine_packet_v3.hpp"

#include <charconv>
#include <optional>
#include <system_error>

namespace socketio::wire {
namespace {

constexpr unsigned types = 7;

// Whoever sends more has no length to tell.
constexpr std::size_t length_digits_max = 20;

unsigned byte(char c) noexcept { return static_cast<unsigned char>(c); }

// The prefix of so many UTF-16 code units; nothing when the text is shorter, or when it would end
// inside of a character.
std::optional<std::string_view> utf16_prefix(std::string_view text, std::size_t units) noexcept {
  std::size_t at = 0;
  while (units > 0) {
    if (at == text.size()) return std::nullopt;
    const unsigned lead = byte(text[at]);
    const std::size_t bytes = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const std::size_t width = bytes == 4 ? 2 : 1;  // a surrogate pair
    if (width > units || bytes > text.size() - at) return std::nullopt;
    at += bytes;
    units -= width;
  }
  return text.substr(0, at);
}

// "<digits>:" and so many code units.
result<record_v3> next_of_text(std::string_view& rest) noexcept {
  std::size_t units = 0;
  const char* const end = rest.data() + rest.size();
  const auto [behind, error] = std::from_chars(rest.data(), end, units);
  const auto digits = static_cast<std::size_t>(behind - rest.data());
  if (error != std::errc{} || digits > length_digits_max || behind == end || *behind != ':')
    return wire_errc::bad_payload_length;
  rest.remove_prefix(digits + 1);
  const auto data = utf16_prefix(rest, units);
  if (!data) return wire_errc::bad_payload_length;
  rest.remove_prefix(data->size());
  return record_v3{false, *data};
}

// The kind, the digits, 0xFF and so many bytes.
result<record_v3> next_of_binary(std::string_view& rest) noexcept {
  if (rest.empty() || byte(rest.front()) > 1) return wire_errc::bad_payload_length;
  const bool binary = rest.front() == 1;
  rest.remove_prefix(1);
  std::size_t bytes = 0, digits = 0;
  for (; digits < rest.size() && byte(rest[digits]) != 0xFF; digits++) {
    const unsigned digit = byte(rest[digits]);
    if (digit > 9 || digits == length_digits_max) return wire_errc::bad_payload_length;
    if (bytes > rest.size()) return wire_errc::bad_payload_length;  // before it could overflow
    bytes = bytes * 10 + digit;
  }
  if (digits == 0 || digits == rest.size()) return wire_errc::bad_payload_length;
  rest.remove_prefix(digits + 1);
  if (bytes > rest.size()) return wire_errc::bad_payload_length;
  const std::string_view data = rest.substr(0, bytes);
  rest.remove_prefix(bytes);
  return record_v3{binary, data};
}

}  // namespace

result<engine_packet> decode_binary_packet_v3(std::string_view bytes) noexcept {
  if (bytes.empty()) return wire_errc::empty_packet;
  const unsigned type = byte(bytes.front());
  if (type >= types) return wire_errc::unknown_packet_type;
  return engine_packet{static_cast<engine_packet_type>(type), true, bytes.substr(1)};
}

result<engine_packet> decode_text_packet_v3(std::string_view text, std::string& storage) {
  if (!text.starts_with('b')) return decode_engine_packet(text, storage);
  if (text.size() < 2) return wire_errc::empty_packet;
  const unsigned type = byte(text[1]) - '0';
  if (type >= types) return wire_errc::unknown_packet_type;
  storage.clear();
  if (!append_decoded_base64(text.substr(2), storage)) return wire_errc::bad_base64;
  return engine_packet{static_cast<engine_packet_type>(type), true, storage};
}

result<record_v3> next_record_v3(std::string_view& rest, bool binary) noexcept {
  return binary ? next_of_binary(rest) : next_of_text(rest);
}

std::size_t utf16_length(std::string_view text) noexcept {
  std::size_t units = 0;
  for (const char c : text) {
    const unsigned here = byte(c);
    units += (here & 0xC0) != 0x80;  // a character begins
    units += here >= 0xF0;           // and it is a surrogate pair
  }
  return units;
}

}  // namespace socketio::wire
