// Cross-origin resource sharing with the semantics of the npm package `cors` (HD-01 to HD-06): a
// pure function from options and request to response headers.
#pragma once

#include "socketio/cors.hpp"
#include "socketio/http.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace socketio::engine {

struct cors_answer {
  bool preflight = false;  // answer at once with `status` and no body (HD-05)
  unsigned status = 204;
};
// Adds the headers to `out`. Throws what `allow` and `delegate` throw. Requests are never blocked
// here: the browser enforces (HD-03).
cors_answer apply_cors(const cors_options& options, const http_request& request, http_headers& out);

}  // namespace socketio::engine
