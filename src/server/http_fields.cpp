#include "server/http_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace socketio::web {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the text up to `separator` off `rest`; what follows the separator stays.
std::string_view take_until(std::string_view& rest, char separator) noexcept {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(part);
}

bool same_word(std::string_view a, std::string_view lower_case) noexcept {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
  });
}

template <class Number>
bool read_number(std::string_view digits, Number& out) noexcept {
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc() && end == digits.data() + digits.size();
}

std::string_view opaque_tag(std::string_view etag) noexcept {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

bool lists_etag(std::string_view if_none_match, std::string_view etag) noexcept {
  std::string_view rest = trimmed(if_none_match);
  if (rest == "*") return true;
  const std::string_view wanted = opaque_tag(etag);
  while (!rest.empty()) {
    // A tag may contain commas between its quotes, so the list cannot simply be cut at them.
    const std::size_t open = rest.find('"');
    if (open == std::string_view::npos) return false;
    const std::size_t close = rest.find('"', open + 1);
    if (close == std::string_view::npos) return false;
    if (rest.substr(open, close - open + 1) == wanted) return true;
    rest.remove_prefix(close + 1);
  }
  return false;
}

std::string format_http_date(std::chrono::sys_seconds when) {
  using namespace std::chrono;
  const sys_days day = floor<days>(when);
  const year_month_day date(day);
  const hh_mm_ss time(when - day);
  std::string out;
  const auto number = [&out](long value, int width) {
    std::string digits = std::to_string(value);
    out.append(static_cast<std::size_t>(std::max(0, width - static_cast<int>(digits.size()))), '0');
    out += digits;
  };
  out.append(weekdays[weekday(day).c_encoding()]).append(", ");
  number(static_cast<unsigned>(date.day()), 2);
  out.append(" ").append(months[static_cast<unsigned>(date.month()) - 1]).append(" ");
  number(static_cast<int>(date.year()), 4);
  out += ' ';
  number(time.hours().count(), 2);
  out += ':';
  number(time.minutes().count(), 2);
  out += ':';
  number(time.seconds().count(), 2);
  out += " GMT";
  return out;
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) noexcept {
  using namespace std::chrono;
  // The form has fixed columns: "Sun, 06 Nov 1994 08:49:37 GMT"
  text = trimmed(text);
  if (text.size() != 29 || !text.ends_with(" GMT") || text.substr(3, 2) != ", ") return {};
  if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') {
    return {};
  }
  const auto* const month_name = std::find(months.begin(), months.end(), text.substr(8, 3));
  unsigned day_of_month = 0, hour = 0, minute = 0, second = 0;
  int year_number = 0;
  const bool numbers =
      read_number(text.substr(5, 2), day_of_month) &&
      read_number(text.substr(12, 4), year_number) && read_number(text.substr(17, 2), hour) &&
      read_number(text.substr(20, 2), minute) && read_number(text.substr(23, 2), second);
  if (!numbers || month_name == months.end() || hour > 23 || minute > 59 || second > 60) return {};
  const auto month_number = static_cast<unsigned>(month_name - months.begin()) + 1;
  const year_month_day date{year(year_number), month(month_number), day(day_of_month)};
  if (!date.ok()) return {};
  return sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

range_kind parse_range(std::string_view range, std::uint64_t size, byte_range& out) noexcept {
  const std::size_t equals = range.find('=');
  if (equals == std::string_view::npos || !same_word(trimmed(range.substr(0, equals)), "bytes")) {
    return range_kind::whole;
  }
  std::string_view last_text = trimmed(range.substr(equals + 1));
  // Several ranges would need multipart/byteranges; answering with the whole is allowed.
  if (last_text.find(',') != std::string_view::npos) return range_kind::whole;
  if (last_text.find('-') == std::string_view::npos) return range_kind::whole;
  const std::string_view first_text = take_until(last_text, '-');
  last_text = trimmed(last_text);

  std::uint64_t first = 0, last = 0;
  if (first_text.empty()) {  // "-500": the last 500 bytes
    if (!read_number(last_text, last)) return range_kind::whole;
    if (last == 0 || size == 0) return range_kind::unsatisfiable;
    out.length = std::min(last, size);
    out.first = size - out.length;
    return range_kind::partial;
  }
  if (!read_number(first_text, first)) return range_kind::whole;
  if (last_text.empty()) {
    last = size;
  } else if (!read_number(last_text, last) || last < first) {
    return range_kind::whole;
  }
  if (first >= size) return range_kind::unsatisfiable;
  out.first = first;
  out.length = std::min(last, size - 1) - first + 1;
  return range_kind::partial;
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  // A weight of 0 to 1 with at most three decimals; what is not understood counts as 1.
  const auto weight = [](std::string_view parameters) noexcept {
    while (!parameters.empty()) {
      std::string_view value = take_until(parameters, ';');
      const std::string_view name = take_until(value, '=');
      if (!same_word(name, "q")) continue;
      double q = 1;
      const auto parsed = std::from_chars(value.data(), value.data() + value.size(), q);
      return parsed.ec == std::errc() && q >= 0 && q <= 1 ? q : 1.0;
    }
    return 1.0;
  };

  std::optional<double> gzip, identity, any;
  std::string_view rest = accept_encoding;
  while (!rest.empty()) {
    std::string_view parameters = take_until(rest, ',');
    const std::string_view coding = take_until(parameters, ';');
    if (same_word(coding, "gzip") || same_word(coding, "x-gzip")) gzip = weight(parameters);
    if (same_word(coding, "identity")) identity = weight(parameters);
    if (coding == "*") any = weight(parameters);
  }
  const double wanted = gzip.value_or(any.value_or(0));
  // Only an explicit wish for no encoding competes: unnamed, it is acceptable but not preferred.
  return wanted > 0 && wanted >= identity.value_or(0);
}

}  // namespace socketio::web
