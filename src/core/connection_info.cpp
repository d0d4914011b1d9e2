#include "core/connection_info.hpp"

#include <ctime>

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
  const auto seconds = static_cast<std::time_t>(ms_since_1970 / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[80];
  const auto length = std::strftime(
      text, sizeof text, "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)", &utc);
  return std::string(text, length);
}

}  // namespace socketio::core
