// See base64.hpp.
//
// JS differs: Buffer.from(text, 'base64') (Node 20) skips characters that belong to no alphabet and
// stops at the first '='; so a damaged packet arrives there as other bytes. Here it is an error.
#include "base/base64.hpp"

#include <array>
#include <cstdint>

namespace socketio {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t space = 0x40, invalid = 0x80;  // both beyond the 64 digits

constexpr std::array<std::uint8_t, 256> digits = [] {
  std::array<std::uint8_t, 256> table{};
  for (auto& entry : table) entry = invalid;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  table['-'] = 62;
  table['_'] = 63;
  for (const char c : {' ', '\t', '\r', '\n'}) table[static_cast<std::uint8_t>(c)] = space;
  return table;
}();

constexpr std::uint8_t digit(char c) noexcept { return digits[static_cast<std::uint8_t>(c)]; }

}  // namespace

std::size_t base64_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

void append_base64(std::string_view bytes, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + base64_size(bytes.size()));
  char* to = out.data() + start;
  const auto* from = reinterpret_cast<const std::uint8_t*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, from += 3) {
    const std::uint32_t group = from[0] << 16 | from[1] << 8 | from[2];
    *to++ = alphabet[group >> 18];
    *to++ = alphabet[group >> 12 & 63];
    *to++ = alphabet[group >> 6 & 63];
    *to++ = alphabet[group & 63];
  }
  if (left == 0) return;
  const std::uint32_t group = from[0] << 16 | (left == 2 ? from[1] << 8 : 0);
  *to++ = alphabet[group >> 18];
  *to++ = alphabet[group >> 12 & 63];
  *to++ = left == 2 ? alphabet[group >> 6 & 63] : '=';
  *to = '=';
}

bool append_decoded_base64(std::string_view text, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + text.size() / 4 * 3 + 3);
  char* to = out.data() + start;
  const auto fail = [&] {
    out.resize(start);
    return false;
  };
  const auto put = [&to](std::uint32_t group, int bytes) {
    *to++ = static_cast<char>(group >> 16);
    if (bytes > 1) *to++ = static_cast<char>(group >> 8);
    if (bytes > 2) *to++ = static_cast<char>(group);
  };

  std::size_t i = 0;
  std::uint32_t group = 0;
  unsigned have = 0;  // digits in `group`
  while (i < text.size()) {
    if (have == 0 && text.size() - i >= 4) {  // whole groups without whitespace: the common case
      const std::uint8_t a = digit(text[i]), b = digit(text[i + 1]), c = digit(text[i + 2]),
                         d = digit(text[i + 3]);
      if ((a | b | c | d) < 64) {
        put(static_cast<std::uint32_t>(a << 18 | b << 12 | c << 6 | d), 3);
        i += 4;
        continue;
      }
    }
    const std::uint8_t value = digit(text[i]);
    if (value == invalid) break;  // padding or an error, seen below
    ++i;
    if (value == space) continue;
    group = group << 6 | value;
    if (++have == 4) {
      put(group, 3);
      group = have = 0;
    }
  }
  unsigned padding = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '=') {
      ++padding;
    } else if (digit(text[i]) != space) {
      return fail();
    }
  }
  if (have == 1 || (padding != 0 && (have == 0 || have + padding != 4))) return fail();
  if (have == 2) put(group << 12, 1);
  if (have == 3) put(group << 6, 2);
  out.resize(static_cast<std::size_t>(to - out.data()));
  return true;
}

}  // namespace socketio
