#include "core/connection_info.hpp"

#include "base/text.hpp"
#include "base/url.hpp"
#include "socketio/tls.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <new>
#include <span>

namespace socketio::core {
namespace {

// Texts that most handshakes contain, each kept as one byte. A name or value of HTTP begins with
// none of these bytes: they are control characters.
using texts = std::span<const std::string_view>;
// clang-format off
constexpr std::string_view common_names[] = {
    "host", "user-agent", "accept", "accept-encoding", "accept-language", "connection", "upgrade",
    "origin", "referer", "cookie", "authorization", "cache-control", "pragma", "dnt", "priority",
    "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions",
    "sec-websocket-protocol", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-ch-ua",
    "sec-ch-ua-mobile", "sec-ch-ua-platform", "x-forwarded-for", "x-forwarded-proto",
    "x-forwarded-host", "x-real-ip", "x-request-id"};
constexpr std::string_view common_values[] = {
    "websocket", "Upgrade", "keep-alive, Upgrade", "keep-alive", "13", "gzip, deflate, br",
    "no-cache", "permessage-deflate; client_max_window_bits"};
// clang-format on
// Of the target these are only the beginning.
constexpr std::string_view common_targets[] = {"/socket.io/?EIO=4&transport=websocket",
                                               "/socket.io/?EIO=4&transport=polling"};
static_assert(std::size(common_names) < ' ');
static_assert(std::size(common_values) < '\t');  // which is the one that a value may contain

void append(std::string& to, std::string_view text, texts common) {
  const auto found = std::ranges::find(common, text);
  if (found != common.end())
    to += static_cast<char>(found - common.begin() + 1);
  else
    to.append(text) += '\0';
}

std::string_view take(std::string_view& rest, texts common = {}) noexcept {
  const auto code = static_cast<unsigned char>(rest.empty() ? 0 : rest.front());
  if (code != 0 && code <= common.size()) {
    rest.remove_prefix(1);
    return common[code - 1];
  }
  const auto end = rest.find('\0');
  const auto taken = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return taken;
}

std::string take_target(std::string_view& rest) {
  const bool coded =
      !rest.empty() && static_cast<unsigned char>(rest.front()) < ' ' && rest.front() != '\0';
  std::string target(coded ? take(rest, common_targets) : std::string_view());
  return target += take(rest);
}

// A text without an end of its own: the names are ended by an empty one.
void append(std::string& to, const peer_certificate& shown) {
  append(to, shown.subject, {});
  append(to, shown.issuer, {});
  append(to, shown.fingerprint, {});
  for (const std::string& name : shown.alt_names) append(to, name, {});
  append(to, "", {});
}

peer_certificate take_certificate(std::string_view& rest) {
  peer_certificate shown;
  shown.subject = take(rest);
  shown.issuer = take(rest);
  shown.fingerprint = take(rest);
  for (std::string_view name = take(rest); !name.empty(); name = take(rest))
    shown.alt_names.emplace_back(name);
  return shown;
}

}  // namespace

connection_info::connection_info(const http_request& request, std::string_view sid)
    : secure_(request.secure),
      certified_(request.client_certificate != nullptr),
      xdomain_(request.headers.contains("origin")),
      has_custom_(!request.custom.empty()) {
  std::string packed;
  append(packed, sid, {});
  append(packed, request.remote_address, {});
  const auto begin = std::ranges::find_if(
      common_targets, [&](auto text) { return request.target.starts_with(text); });
  if (begin != std::end(common_targets)) append(packed, *begin, common_targets);
  append(packed, request.target.substr(begin != std::end(common_targets) ? begin->size() : 0), {});
  if (certified_) append(packed, *request.client_certificate);
  for (const auto& [name, value] : request.headers) {
    append(packed, lower_case(name), common_names);
    append(packed, value, common_values);
  }
  bytes_ = static_cast<std::uint32_t>(packed.size());
  packed_ = std::make_unique_for_overwrite<char[]>(custom_bytes() + packed.size());
  if (has_custom_) new (packed_.get()) custom_fields(request.custom);
  std::ranges::copy(packed, packed_.get() + custom_bytes());
}

connection_info::~connection_info() {
  if (has_custom_) std::destroy_at(std::launder(reinterpret_cast<custom_fields*>(packed_.get())));
}

custom_fields connection_info::custom() const {
  if (!has_custom_) return {};
  return *std::launder(reinterpret_cast<const custom_fields*>(packed_.get()));
}

std::string_view connection_info::packed() const noexcept {
  return {packed_.get() + custom_bytes(), bytes_};
}

http_request connection_info::request() const {
  http_request out;
  out.method = "GET";  // whatever opens a session
  out.target = url();
  const auto question = std::min(out.target.find('?'), out.target.size());
  out.path = percent_decode(std::string_view(out.target).substr(0, question));
  out.query = http_query(std::string_view(out.target).substr(question));
  out.headers = headers();
  out.remote_address = address();
  out.secure = secure_;
  out.client_certificate = client_certificate();
  out.upgrade = same_word(out.headers["upgrade"], "websocket");
  out.custom = custom();
  return out;
}

std::string_view connection_info::behind_the_url() const {
  std::string_view rest = packed();
  for (int skipped = 0; skipped < 2; skipped++) take(rest);
  take_target(rest);
  return rest;
}

std::shared_ptr<const peer_certificate> connection_info::client_certificate() const {
  if (!certified_) return nullptr;
  std::string_view rest = behind_the_url();
  return std::make_shared<const peer_certificate>(take_certificate(rest));
}

http_headers connection_info::headers() const {
  http_headers fields;
  std::string_view rest = behind_the_url();
  if (certified_) take_certificate(rest);
  while (!rest.empty()) {
    const auto name = take(rest, common_names);
    fields.add(std::string(name), std::string(take(rest, common_values)));
  }
  return fields;
}

std::string_view connection_info::text(int which) const noexcept {
  std::string_view rest = packed();
  while (which-- > 0) take(rest);
  return take(rest);
}

std::string_view connection_info::sid() const noexcept { return text(0); }
std::string_view connection_info::address() const noexcept { return text(1); }

std::string connection_info::url() const {
  std::string_view rest = packed();
  for (int skipped = 0; skipped < 2; skipped++) take(rest);
  return take_target(rest);
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
