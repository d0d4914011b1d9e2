// See cookie_jar.hpp.
#include "wire/cookie_jar.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace socketio::wire {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr sys_seconds long_ago{};
// Far enough for any cookie, and adding it to a time does not overflow.
constexpr seconds age_max = std::chrono::hours(24 * 366 * 100);

bool has_control_character(std::string_view text) noexcept {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

// The number at the front of `text`, as parseInt() reads it, to a time.
sys_seconds expiry_of_age(std::string_view text, sys_seconds now) noexcept {
  if (text.starts_with('+')) text.remove_prefix(1);
  seconds age{0};  // also of what is no number, or negative
  for (const char c : text) {
    if (!is_digit(c)) break;
    age = std::min(age * 10 + seconds(c - '0'), age_max);
  }
  return age == seconds(0) ? long_ago : now + age;
}

// What one attribute says about the end of its cookie.
void read_attribute(std::string_view attribute, sys_seconds now,
                    std::optional<sys_seconds>& expires) noexcept {
  const std::size_t equals = attribute.find('=');
  if (equals == attribute.npos || equals != attribute.rfind('=')) return;
  const std::string_view name = trimmed(attribute.substr(0, equals));
  const std::string_view value = trimmed(attribute.substr(equals + 1));
  if (same_word(name, "expires")) expires = parse_cookie_date(value).value_or(long_ago);
  if (same_word(name, "max-age")) expires = expiry_of_age(value, now);
}

// A quote at the front goes, and with it the last character, which ought to be the other one.
std::string_view without_quotes(std::string_view value) noexcept {
  if (!value.starts_with('"')) return value;
  value.remove_prefix(1);
  if (!value.empty()) value.remove_suffix(1);
  return value;
}

}  // namespace

void cookie_jar::take(std::string_view set_cookie, sys_seconds now) {
  if (has_control_character(set_cookie)) return;
  std::string_view rest = set_cookie;
  const std::string_view pair = take_until(rest, ';');
  const std::size_t equals = pair.find('=');
  if (equals == pair.npos) return;
  const std::string_view name = trimmed(pair.substr(0, equals));
  const std::string_view value = without_quotes(trimmed(pair.substr(equals + 1)));
  if (name.empty() || name.size() + value.size() > limits_.bytes_max) return;
  std::optional<sys_seconds> expires;
  while (!rest.empty()) read_attribute(take_until(rest, ';'), now, expires);

  drop_expired(now);
  const auto known = std::ranges::find(cookies_, name, &cookie::name);
  if (expires && *expires <= now) {
    if (known != cookies_.end()) cookies_.erase(known);
    return;
  }
  if (known != cookies_.end()) {
    known->value = value;
    known->expires = expires;
    return;
  }
  if (limits_.cookies_max == 0) return;
  if (cookies_.size() >= limits_.cookies_max) cookies_.erase(cookies_.begin());
  cookies_.push_back({std::string(name), std::string(value), expires});
}

std::string cookie_jar::header(sys_seconds now) {
  drop_expired(now);
  std::string out;
  for (const cookie& one : cookies_) {
    if (!out.empty()) out += "; ";
    out.append(one.name).append("=").append(one.value);
  }
  return out;
}

void cookie_jar::drop_expired(sys_seconds now) {
  std::erase_if(cookies_, [now](const cookie& one) { return one.expires && *one.expires <= now; });
}

}  // namespace socketio::wire
