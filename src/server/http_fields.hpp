// What some header fields of HTTP say: entity tags, ranges, accepted encodings (RFC 9110,
// sections 8.8.3, 14.1 and 12.5.3; base/http_text.hpp has the dates). Pure functions over text; a
// field that makes no sense is treated as if it were absent, as the RFC asks. Tested by
// tests/unit/server/http_fields_test.cpp.
#pragma once

#include <cstdint>
#include <string_view>

namespace socketio::web {

// Does the value of If-None-Match name this entity tag? A list, weak tags and "*" are understood;
// the comparison is the weak one. `etag` is quoted, with or without W/.
bool lists_etag(std::string_view if_none_match, std::string_view etag) noexcept;

// The bytes [first, first + length) of something of a known size.
struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};
enum class range_kind : std::uint8_t {
  whole,          // no range asked for, or several, or not understood
  partial,        // one that can be served
  unsatisfiable,  // 416
};
range_kind parse_range(std::string_view range, std::uint64_t size, byte_range& out) noexcept;

// May the answer be gzip? By the value of Accept-Encoding: yes when gzip (or x-gzip, or *) is
// accepted and not less welcome than no encoding at all. An absent field says no.
bool accepts_gzip(std::string_view accept_encoding) noexcept;

}  // namespace socketio::web
