#include "core/connection_info.hpp"

#include <chrono>
#include <cstdio>

namespace socketio::core {
namespace {

std::string_view take(std::string_view& rest) noexcept {
  const auto end = rest.find('\0');
  const auto taken = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return taken;
}

}  // namespace

connection_info::connection_info(const http_request& request, std::string_view sid)
    : secure_(request.secure), xdomain_(request.headers.contains("origin")) {
  std::size_t bytes = sid.size() + request.remote_address.size() + request.target.size() + 3;
  for (const auto& [name, value] : request.headers) bytes += name.size() + value.size() + 2;
  packed_.reserve(bytes);
  const auto put = [this](std::string_view text) { packed_.append(text) += '\0'; };
  put(sid);
  put(request.remote_address);
  put(request.target);
  for (const auto& [name, value] : request.headers) {
    put(name);
    put(value);
  }
}

http_headers connection_info::headers() const {
  http_headers fields;
  std::string_view rest = packed_;
  for (int skipped = 0; skipped < 3; skipped++) take(rest);
  while (!rest.empty()) {
    const auto name = take(rest);
    fields.add(std::string(name), std::string(take(rest)));
  }
  return fields;
}

std::string_view connection_info::address() const noexcept {
  std::string_view rest = packed_;
  take(rest);
  return take(rest);
}

std::string_view connection_info::sid() const noexcept {
  std::string_view rest = packed_;
  return take(rest);
}

std::string_view connection_info::url() const noexcept {
  std::string_view rest = packed_;
  take(rest);
  take(rest);
  return take(rest);
}

std::string javascript_date(std::int64_t ms_since_1970) {
  using namespace std::chrono;
  // Not strftime: its names are those of the locale that the program has chosen.
  static constexpr const char* day_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds when = floor<seconds>(sys_time<milliseconds>(milliseconds(ms_since_1970)));
  const auto midnight = floor<std::chrono::days>(when);
  const year_month_day date(midnight);
  const hh_mm_ss time(when - midnight);
  char text[80];
  const int length = std::snprintf(
      text, sizeof text, "%s %s %02u %04d %02d:%02d:%02d GMT+0000 (Coordinated Universal Time)",
      day_names[weekday(midnight).c_encoding()], months[static_cast<unsigned>(date.month()) - 1],
      static_cast<unsigned>(date.day()), static_cast<int>(date.year()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace socketio::core
