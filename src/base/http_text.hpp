// Small change of HTTP text that several floors need: words and dates (RFC 9110, sections 5.6.3,
// 5.6.2 and 5.6.7). Tested by tests/unit/base/http_text_test.cpp.
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

// Without spaces and tabs at both ends.
constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The same but for the case of ASCII letters, whatever the locale of the process?
constexpr bool same_word(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [&](char x, char y) { return lower(x) == lower(y); });
}

// All of `digits` as a number; false when it is none, or too large.
template <class Number>
bool read_number(std::string_view digits, Number& out) noexcept {
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc() && end == digits.data() + digits.size();
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string format_http_date(std::chrono::sys_seconds when);
// The same form back. The two obsolete forms of the RFC count as absent: nobody sends them, and the
// price is a full answer instead of a 304.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) noexcept;

}  // namespace socketio
