// The text of a Set-Cookie field, with the semantics of the npm package `cookie` (HD-08). Pure
// functions; tested by tests/unit/engine/cookie_test.cpp.
#pragma once

#include "socketio/cookie.hpp"

#include <string>
#include <string_view>

namespace socketio::engine {

// What is wrong with the options, in words; empty when they are fine.
std::string complaint_about(const cookie_options& options);

// "io=<value>; Path=/; HttpOnly; SameSite=Lax". Throws std::invalid_argument when `options.encode`
// made something that cannot stand in a cookie, and whatever it throws.
std::string serialize_cookie(const cookie_options& options, std::string_view value);

}  // namespace socketio::engine
