#include "server/http_fields.hpp"

#include "base/http_text.hpp"

#include <algorithm>
#include <charconv>

namespace socketio::web {
namespace {

// Takes the text up to `separator` off `rest`; what follows the separator stays.
std::string_view take_until(std::string_view& rest, char separator) noexcept {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(part);
}

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
