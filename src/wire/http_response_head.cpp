// See http_response_head.hpp.
#include "wire/http_response_head.hpp"

#include "base/http_text.hpp"

#include <algorithm>
#include <utility>

namespace socketio::wire {
namespace {

// Takes a line off `rest`, without its end; nullopt: its end is not there. An empty error code is
// no error.
std::optional<std::string_view> take_line(std::string_view& rest, std::error_code& wrong) noexcept {
  const std::size_t end = rest.find('\n');
  if (end == rest.npos) return std::nullopt;
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (!line.ends_with('\r')) wrong = wire_errc::bad_line_end;
  if (!wrong) line.remove_suffix(1);
  if (line.find('\r') != line.npos) wrong = wire_errc::bad_line_end;
  return line;
}

// status-line = HTTP-version SP 3DIGIT SP [ reason-phrase ] (RFC 9112, section 4)
std::error_code read_status_line(std::string_view line, http_response_head& out) {
  constexpr std::size_t reason_at = 13;  // "HTTP/1.1 200 "
  if (!line.starts_with("HTTP/1.") || line.size() < reason_at - 1)
    return wire_errc::bad_status_line;
  const char minor = line[7];
  if ((minor != '0' && minor != '1') || line[8] != ' ') return wire_errc::bad_status_line;
  if (!read_number(line.substr(9, 3), out.status)) return wire_errc::bad_status_line;
  if (out.status < 100 || out.status > 599) return wire_errc::bad_status_line;
  if (line.size() >= reason_at && line[reason_at - 1] != ' ') return wire_errc::bad_status_line;
  out.version = minor == '0' ? 10 : 11;
  out.reason = line.substr(std::min(reason_at, line.size()));
  return is_field_text(out.reason) ? std::error_code() : wire_errc::bad_status_line;
}

// field-line = field-name ":" OWS field-value OWS (RFC 9112, section 5)
std::error_code read_field(std::string_view line, http_headers& out) {
  if (line.front() == ' ' || line.front() == '\t') return wire_errc::folded_field;
  if (out.size() >= response_fields_max) return wire_errc::too_many_fields;
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == line.npos || !is_token(name)) return wire_errc::bad_field_name;
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_field_text(value)) return wire_errc::bad_field_value;
  out.add(std::string(name), std::string(value));
  return {};
}

}  // namespace

result<std::optional<http_response_head>> read_response_head(std::string_view bytes,
                                                             std::size_t bytes_max) {
  const bool full = bytes.size() >= bytes_max;
  bytes = bytes.substr(0, bytes_max);
  std::string_view rest = bytes;
  http_response_head head;
  std::error_code wrong;
  for (bool first = true;; first = false) {
    const auto line = take_line(rest, wrong);
    if (wrong) return wrong;
    if (!line) break;
    if (first)
      wrong = read_status_line(*line, head);
    else if (!line->empty())
      wrong = read_field(*line, head.headers);
    else {
      head.bytes = bytes.size() - rest.size();
      return std::optional(std::move(head));
    }
    if (wrong) return wrong;
  }
  if (full) return wire_errc::head_too_big;
  return std::optional<http_response_head>();
}

}  // namespace socketio::wire
