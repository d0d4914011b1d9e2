// See utf8.hpp. Validation is simdjson's vectorised one; the repair is a plain loop, because it
// runs only for text that is broken.
#include "base/utf8.hpp"

#include <simdjson.h>

#include <cstdint>
#include <cstring>

namespace socketio {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// What may follow a lead byte: how many continuation bytes, and the range of the first of them,
// which rules out overlong forms, surrogates and everything above U+10FFFF.
struct sequence {
  unsigned trailing;
  std::uint8_t low, high;
};

sequence sequence_of(std::uint8_t lead) noexcept {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {0, 1, 0};  // no lead byte at all
}

// Eight bytes at a time; the last eight may overlap those before them.
bool is_ascii(std::string_view text) noexcept {
  std::uint64_t any = 0, word = 0;
  if (text.size() < 8) {
    for (const char c : text) any |= static_cast<std::uint8_t>(c);
  } else {
    for (std::size_t i = 0; i + 8 <= text.size(); i += 8) {
      std::memcpy(&word, text.data() + i, 8);
      any |= word;
    }
    std::memcpy(&word, text.data() + text.size() - 8, 8);
    any |= word;
  }
  return (any & 0x8080808080808080) == 0;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  // Short ASCII is the common case, and cheaper to see here than behind the dispatch of simdjson.
  if (text.size() <= 64 && is_ascii(text)) return true;
  return simdjson::validate_utf8(text.data(), text.size());
}

void append_as_utf8(std::string_view text, std::string& out) {
  out.reserve(out.size() + text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    if (lead < 0x80) {
      out += text[i++];
      continue;
    }
    const sequence expected = sequence_of(lead);
    std::size_t length = 1;
    while (length <= expected.trailing && i + length < text.size()) {
      const auto next = static_cast<std::uint8_t>(text[i + length]);
      const bool fits = length == 1 ? next >= expected.low && next <= expected.high
                                    : next >= 0x80 && next <= 0xBF;
      if (!fits) break;
      ++length;
    }
    const bool complete = expected.trailing > 0 && length == expected.trailing + 1;
    out += complete ? text.substr(i, length) : replacement;
    i += length;
  }
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) noexcept {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<std::uint8_t>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

}  // namespace socketio
