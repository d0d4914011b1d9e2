// See offsets.hpp. Tested by tests/unit/client/offsets_test.cpp.
#include "client/offsets.hpp"

#include <algorithm>
#include <charconv>

namespace socketio::client_side {
namespace {

constexpr std::string_view yeast =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
constexpr std::size_t yeast_digits = 7;       // from 2004 to 2109
constexpr std::size_t own_offset_bytes = 13;  // core/offset.hpp
constexpr std::size_t own_run_bytes = 4;

// Clocks may be wrong, and a log may reach back for days.
bool is_about_now(std::int64_t ms, std::int64_t now_ms) noexcept {
  constexpr std::int64_t month_ms = 30ll * 24 * 3600 * 1000;
  return ms > now_ms - month_ms && ms < now_ms + month_ms;
}

bool all_of(std::string_view text, std::string_view set) noexcept {
  return text.find_first_not_of(set) == std::string_view::npos;
}

bool is_number(std::string_view text, std::int64_t& number) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && all_of(text, "0123456789");
}

bool is_yeast(std::string_view text, std::int64_t now_ms) noexcept {
  const std::string_view time = text.substr(0, text.find('.'));
  const bool counted = time.size() < text.size();
  const std::string_view count = counted ? text.substr(time.size() + 1) : std::string_view();
  if (time.size() != yeast_digits || (counted && (count.empty() || !all_of(count, yeast))))
    return false;
  std::int64_t ms = 0;
  for (const char digit : time) {
    const auto place = yeast.find(digit);
    if (place == std::string_view::npos) return false;
    ms = ms * 64 + static_cast<std::int64_t>(place);
  }
  return is_about_now(ms, now_ms);
}

bool is_stream_entry(std::string_view text, std::int64_t now_ms) noexcept {
  const auto dash = text.find('-');
  std::int64_t ms = 0, number = 0;
  return dash != std::string_view::npos && is_number(text.substr(0, dash), ms) &&
         is_number(text.substr(dash + 1), number) && is_about_now(ms, now_ms);
}

}  // namespace

bool is_plausible_offset(std::string_view text, std::string_view pid,
                         std::int64_t now_ms) noexcept {
  if (text.size() > 64 || pid.empty()) return false;
  if (text.size() == own_offset_bytes && pid.size() > own_run_bytes &&
      text.substr(0, own_run_bytes) == pid.substr(0, own_run_bytes))
    return all_of(text, yeast);
  if (text.size() == 24 && all_of(text, "0123456789abcdef")) return true;
  return is_yeast(text, now_ms) || is_stream_entry(text, now_ms);
}

}  // namespace socketio::client_side
