// What clients of Engine.IO revision 3, those of Socket.IO 2, say in another way (spec
// section 1.7). Pure functions. Tested by tests/unit/core/older_client_test.cpp.
#pragma once

#include "socketio/middleware.hpp"

#include <string>
#include <string_view>

namespace socketio::core::older {

// "/chat" of "/chat?token=1" (V3-10). JS differs: socket.io 4.8.4, dist/client.js, takes the name
// for a path of a URL and escapes what is not ASCII, so that no namespace of such a name is found.
std::string_view nsp_of(std::string_view asked) noexcept;
// {"token":"1"} as JSON; empty when there is no query.
std::string auth_of(std::string_view asked);

// "/" has the id of the session, other namespaces put their name before it (V3-09).
std::string id_of(std::string_view nsp_name, std::string_view sid);

// The payload of CONNECT_ERROR as JSON: the data alone, or the message when there is none or what
// JavaScript takes for none (V3-11).
std::string payload_of(const connect_error& why);

}  // namespace socketio::core::older
