// MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) in the dialect of
// notepack.io 2.2, which socket.io-msgpack-parser uses (PK-20):
//
//   undefined        d4 00 00
//   a date           d7 00, then milliseconds since 1970 as a signed number of 64 bits
//   an ArrayBuffer   ext of type 0; a Buffer is bin
//   other ext        an array of the type and the bytes
//
// What comes in becomes what the JSON parser would have made of it: a date is its ISO text, and a
// member that is undefined is not there. What goes out: the shortest form of a whole number, 64
// bits for any other, bin for binary.
//
// Tested by tests/unit/wire/msgpack_test.cpp, fuzzed by fuzz/msgpack_fuzz.cpp.
#pragma once

#include "socketio/parser.hpp"
#include "wire/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace socketio::wire {

void append_msgpack(const value& what, std::string& out);

// Text that is not UTF-8 is repaired, as Node does it; what is cut off, trailing bytes and whatever
// is beyond the limits is an error. JS differs (notepack.io 2.2.0, lib/decode.js): keys of maps are
// strings or whole numbers, a string or binary that is longer than what is left is not shortened.
result<value> decode_msgpack(std::string_view bytes, const msgpack_limits& limits);

// As Date.prototype.toISOString() writes it; empty when there is no such date.
std::string iso_date(std::int64_t ms_since_1970);

}  // namespace socketio::wire
