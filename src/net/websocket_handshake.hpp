// The server's side of the opening handshake (RFC 6455, section 4.2). Pure functions.
// Tested by tests/unit/net/websocket_test.cpp.
#pragma once

#include "socketio/http.hpp"

namespace socketio::net {

// The answer to a request that asks for a WebSocket: 101 with the accept value and the first
// offered sub-protocol (WS-05), or 400 with the text that says what was wrong.
http_response answer_websocket_handshake(const http_request& request);

}  // namespace socketio::net
