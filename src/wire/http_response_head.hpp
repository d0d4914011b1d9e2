// The head of an HTTP/1.1 response (RFC 9112): what stands before the frames of a WebSocket, or
// instead of them when the server refuses. Strict where two readings are possible, because a client
// reads it over connections that proxies share:
//
//   lines end with CR LF and nothing else does (no bare LF, no bare CR); a field name is a token
//   with its colon right behind it; a value has no control character but the tab; a line that goes
//   on in the next one (obs-fold) is refused.
//
// Lenient in one thing: the space behind the status may be missing when there is no reason phrase.
// What comes twice is kept twice.
//
// A pure function: bytes that gave no head yet must be presented again, with more behind them; what
// is wrong is said as soon as its line is complete, and in the same way however the bytes are cut.
//
// Tested by tests/unit/wire/http_response_head_test.cpp, fuzzed by
// fuzz/http_response_head_fuzz.cpp.
#pragma once

#include "socketio/http.hpp"
#include "socketio/result.hpp"
#include "wire/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::wire {

struct http_response_head {
  unsigned status = 0;   // 100 to 599; behind 100 to 199 but 101 another head follows
  unsigned version = 0;  // 10 or 11
  std::string reason;    // may be empty
  http_headers headers;
  std::size_t bytes = 0;  // of the head, the empty line included: what follows is not its business
};

// How many fields a head may have.
constexpr std::size_t response_fields_max = 256;

// The head at the front of `bytes`; nullopt: more is needed. A head longer than `bytes_max`, the
// empty line included, is refused (wire_errc::head_too_big).
result<std::optional<http_response_head>> read_response_head(std::string_view bytes,
                                                             std::size_t bytes_max);

}  // namespace socketio::wire
