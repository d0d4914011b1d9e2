// The control channel of the conformance server speaks JSON, the library speaks values. Bytes are
// written as
// {"$binary":"<base64>"}, at any depth, in both directions (CONTRACT.md, section 1).
#pragma once

#include "socketio/value.hpp"

#include <string>
#include <string_view>

namespace conformance {

// Throws std::runtime_error when the text is not JSON.
socketio::value parse_json(std::string_view text);
std::string to_json(const socketio::value& what);

}  // namespace conformance
