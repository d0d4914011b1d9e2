// JSON on the command line: arguments of events are given and shown as JSON, with bytes as
// {"$binary":"<base64>"}.
#pragma once

#include "socketio/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace socketio::tools {

// Nothing: it is no JSON.
std::optional<value> parse_json(std::string_view text);
// What is no JSON is taken for a text, as people type it: `hello` is "hello".
value parse_argument(std::string_view text);
// On one line, as JSON.stringify writes it.
std::string to_json(const value& what);

}  // namespace socketio::tools
