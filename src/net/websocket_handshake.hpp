// The server's side of the opening handshake (RFC 6455, section 4.2). Pure functions.
// Tested by tests/unit/net/websocket_test.cpp.
#pragma once

#include "socketio/http.hpp"
#include "wire/deflate_negotiation.hpp"

#include <optional>

namespace socketio::net {

// The answer to a request that asks for a WebSocket: 101 with the accept value and the first
// offered sub-protocol (WS-05), or 400 with the text that says what was wrong. With `deflate`,
// permessage-deflate is agreed upon if the client offers it (RFC 7692): then `agreed` holds how.
http_response answer_websocket_handshake(const http_request& request,
                                         const deflate_options* deflate,
                                         std::optional<wire::deflate_parameters>& agreed);

}  // namespace socketio::net
