// SHA-1 (RFC 3174), only for what RFC 6455 makes of it: the proof that a server understood a
// WebSocket handshake. It protects nothing. Written here so that `base` needs no crypto library.
// Tested by tests/unit/base/sha1_test.cpp.
#pragma once

#include <array>
#include <string_view>

namespace socketio {

std::array<char, 20> sha1(std::string_view message);

}  // namespace socketio
