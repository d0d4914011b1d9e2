// Socket.IO packets as MessagePack: a map of type, data, nsp and id (PK-18). Keys that are not
// known are ignored: JavaScript sends `options` along (K-13). Whatever is missing or undefined is
// not there. Tested by tests/unit/wire/msgpack_packet_test.cpp, fuzzed by fuzz/msgpack_fuzz.cpp.
#pragma once

#include "socketio/parser.hpp"
#include "wire/error.hpp"

#include <string>
#include <string_view>

namespace socketio::wire {

std::string encode_msgpack_packet(const socketio::packet& what);

// Checked as socket.io-msgpack-parser 3.0.2 does it (PK-19). JS differs: the id is not negative,
// and fits 63 bits.
result<socketio::packet> decode_msgpack_packet(std::string_view bytes,
                                               const msgpack_limits& limits);

// Is `data` of the kind that the type asks for? PK-19: the names of events are not looked at.
bool has_valid_data(const socketio::packet& what) noexcept;

}  // namespace socketio::wire
