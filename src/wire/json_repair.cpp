// See json_repair.hpp. A scan that only needs to know whether it is inside a string.
#include "wire/json_repair.hpp"

#include "base/text.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace socketio::wire {
namespace {

// The code unit of "\uXXXX" at `at`; -1 when there is none.
long code_unit(std::string_view text, std::size_t at) noexcept {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  long value = 0;
  for (const char c : text.substr(at + 2, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      value = value * 16 + (c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + (lower - 'a' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

// Copies the escape at `at` and returns its length in the input.
std::size_t copy_escape(std::string_view text, std::size_t at, std::string& out) {
  const long unit = code_unit(text, at);
  if (unit < 0xD800 || unit > 0xDFFF) {
    out += text.substr(at, 2);  // the rest of \uXXXX are ordinary characters
    return std::min<std::size_t>(2, text.size() - at);
  }
  const long next = code_unit(text, at + 6);
  if (unit < 0xDC00 && next >= 0xDC00 && next <= 0xDFFF) {
    out += text.substr(at, 12);
    return 12;
  }
  out += "\\ufffd";
  return 6;
}

// Do the digits, with the sign before them, fit one of the 64 bit types that simdjson knows?
bool fits_64_bits(std::string_view digits, bool negative) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc{} && (!negative || value <= std::uint64_t{1} << 63);
}

// Copies the number at `at` and returns its length.
std::size_t copy_number(std::string_view text, std::size_t at, std::string& out) {
  std::size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
  const std::string_view digits = text.substr(at, end - at);
  out += digits;
  const bool whole = end == text.size() || std::string_view(".eE").find(text[end]) == text.npos;
  if (whole && !fits_64_bits(digits, at > 0 && text[at - 1] == '-')) out += "e0";
  const std::size_t fraction = end;  // and exponent
  end = std::min(text.find_first_not_of("0123456789.eE+-", fraction), text.size());
  out += text.substr(fraction, end - fraction);
  return end - at;
}

}  // namespace

std::string repaired_json(std::string_view text) {
  std::string valid;
  append_as_utf8(text, valid);
  text = valid;
  std::string out;
  out.reserve(text.size() + 16);
  bool inside_string = false;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (inside_string && c == '\\') {
      i += copy_escape(text, i, out);
    } else if (!inside_string && is_digit(c)) {
      i += copy_number(text, i, out);
    } else {
      if (c == '"') inside_string = !inside_string;
      out += c;
      ++i;
    }
  }
  return out;
}

}  // namespace socketio::wire
