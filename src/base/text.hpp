// ASCII as the protocols use it: what a locale would say does not matter. Tested by
// tests/unit/base/http_test.cpp.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace socketio {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline std::string lower_case(std::string_view text) {
  std::string low(text);
  std::ranges::transform(low, low.begin(), lower);
  return low;
}

// Of names in HTTP (RFC 9110, section 5.6.2).
constexpr bool is_token(char c) noexcept {
  const char low = lower(c);
  return (low >= 'a' && low <= 'z') || is_digit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
constexpr bool is_token(std::string_view name) noexcept {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return is_token(c); });
}

// What may stand in the value of a field (RFC 9110, section 5.5): no control characters.
constexpr bool is_field_text(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7F);
}
constexpr bool is_field_text(std::string_view value) noexcept {
  return std::ranges::all_of(value, [](char c) { return is_field_text(c); });
}

// Equal but for the case of ASCII letters.
constexpr bool same_word(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

// Without the spaces and tabs around it.
constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the text up to `separator` off `rest`; what follows the separator stays.
constexpr std::string_view take_until(std::string_view& rest, char separator) noexcept {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(part);
}

}  // namespace socketio
