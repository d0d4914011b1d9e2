// Small change of HTTP text that several floors need: numbers and dates (RFC 9110, section 5.6.7),
// and the words of base/text.hpp. Tested by tests/unit/base/http_text_test.cpp.
#pragma once

#include "base/text.hpp"

#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

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
