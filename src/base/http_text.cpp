#include "base/http_text.hpp"

#include <array>

namespace socketio {
namespace {

constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

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

}  // namespace socketio
