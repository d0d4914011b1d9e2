// The dates of cookies (RFC 6265, section 5.1.1): tokens in any order, of which the first that
// looks like a time, a day, a month and a year counts. See cookie_jar.hpp.
#include "base/http_text.hpp"
#include "wire/cookie_jar.hpp"

#include <array>

namespace socketio::wire {
namespace {

constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};

struct fields {
  std::optional<std::chrono::seconds> time;
  std::optional<unsigned> day, month;
  std::optional<int> year;
};

// What is printed, without letters, digits and the colon.
constexpr bool is_delimiter(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  const bool alphanumeric = is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
  return c == '\t' || (byte >= 0x20 && byte < 0x7F && !alphanumeric && c != ':');
}

// A number of `least` to `most` digits at the front of `text`, which they leave.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  if (count < least || count > most) return std::nullopt;
  unsigned number = 0;
  read_number(text.substr(0, count), number);
  text.remove_prefix(count);
  return number;
}

// "08:49:37", with whatever behind it that is no digit.
std::optional<std::chrono::seconds> time_of(std::string_view token) {
  std::array<unsigned, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) {
      if (!token.starts_with(':')) return std::nullopt;
      token.remove_prefix(1);
    }
    const auto number = take_digits(token, 1, 2);
    if (!number) return std::nullopt;
    parts[i] = *number;
  }
  if (parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return std::chrono::seconds(-1);
  return std::chrono::hours(parts[0]) + std::chrono::minutes(parts[1]) +
         std::chrono::seconds(parts[2]);
}

std::optional<unsigned> month_of(std::string_view token) {
  for (unsigned i = 0; i < months.size(); ++i)
    if (same_word(token.substr(0, 3), months[i])) return i + 1;
  return std::nullopt;
}

void enter(std::string_view token, fields& out) {
  if (!out.time && (out.time = time_of(token))) return;
  std::string_view rest = token;
  if (!out.day && (out.day = take_digits(rest, 1, 2))) return;
  if (!out.month && (out.month = month_of(token))) return;
  rest = token;
  if (out.year) return;
  if (const auto year = take_digits(rest, 2, 4)) out.year = static_cast<int>(*year);
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text) noexcept {
  using namespace std::chrono;
  fields found;
  while (!text.empty()) {
    std::size_t end = 0;
    while (end < text.size() && !is_delimiter(text[end])) ++end;
    if (end > 0) enter(text.substr(0, end), found);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!found.time || *found.time < 0s || !found.day || !found.month || !found.year) return {};
  int year_number = *found.year;
  if (year_number >= 70 && year_number <= 99) year_number += 1900;
  if (year_number >= 0 && year_number <= 69) year_number += 2000;
  const year_month_day date{year(year_number), month(*found.month), day(*found.day)};
  if (year_number < 1601 || !date.ok()) return {};
  return sys_days(date) + *found.time;
}

}  // namespace socketio::wire
