// The browser client under /socket.io/: the official files of the npm package `socket.io-client`,
// served from memory (spec 1.27, rows BU-01 to BU-05 and BU-08).
//
// JS differs: (socket.io 4.8.4, dist/index.js, serve) compressed copies are made once and not for
// every request, the answers say `Vary: Accept-Encoding`, and If-None-Match may be a list.
// gzip is the only coding. CORS headers are the caller's business (BU-06).
//
// Callable from any thread. Tested by tests/unit/server/client_bundle_test.cpp.
#pragma once

#include "socketio/http.hpp"

#include <optional>
#include <string_view>

namespace socketio::web {

// The answer for the file of that name ("socket.io.js", what stands behind the path of the server
// in the request, without the query), nullopt when the bundle has no such file: then the request is
// one for the engine (BU-02). The method does not matter (BU-06).
std::optional<http_response> answer_client_bundle(const http_request& request,
                                                  std::string_view file);

}  // namespace socketio::web
