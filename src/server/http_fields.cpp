#include "server/http_fields.hpp"

#include "base/http_text.hpp"
#include "wire/http_coding.hpp"

#include <algorithm>

namespace socketio::web {
namespace {

std::string_view opaque_tag(std::string_view etag) noexcept {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

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
  const auto accepted = wire::read_accept_encoding(accept_encoding);
  // Only an explicit wish for no encoding competes: unnamed, it is acceptable but not preferred.
  return accepted.gzip.weight > 0 && accepted.gzip.weight >= accepted.identity;
}

}  // namespace socketio::web
