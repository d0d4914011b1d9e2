// JSONP, the polling of clients that cannot make cross-origin requests (HS-25): an answer is a
// script that calls ___eio[j](text), and what the client sends is the field `d` of a form. Payload
// text in, payload text out: what the text means is no business of this file. Pure functions;
// tested by tests/unit/wire/jsonp_test.cpp, fuzzed by fuzz/jsonp_fuzz.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socketio::wire {

// The script for a payload. Of `j`, the query parameter, only the digits are used: what the client
// says never becomes code.
std::string jsonp_script(std::string_view j, std::string_view payload);

// The payload in the body of a POST. nullopt when there is no `d`, or more than one: the original
// then answers "ok" and does nothing.
std::optional<std::string> jsonp_payload(std::string_view body);

}  // namespace socketio::wire
