// The `cors` option with the semantics of the npm package of that name (HD-02).
#pragma once

#include "socketio/http.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

struct cors_options {
  // Exactly one kind of rule: "*" (any), one fixed origin, a list, or a predicate. `reflect`
  // answers with whatever the request's Origin is.
  std::string origin = "*";
  std::vector<std::string> origins = {};  // a list; wins over `origin` when not empty
  bool reflect = false;
  // Wins over everything above. What it throws is reported to on_error, and the request is refused
  // (400, code 3). Runs on the shard.
  std::function<bool(std::string_view origin)> allow = {};

  std::vector<std::string> methods = {"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"};
  std::vector<std::string> allowed_headers = {};  // empty: reflect Access-Control-Request-Headers
  std::vector<std::string> exposed_headers = {};
  bool credentials = false;
  std::optional<long> max_age_seconds = std::nullopt;
  unsigned options_success_status = 204;
  // Do not answer OPTIONS: your own middleware does (else it is a bad handshake, code 2).
  bool preflight_continue = false;

  // The options for one request, instead of all of the above; none: no CORS headers. What it throws
  // counts as for `allow`. A rule that needs time is a middleware of io.engine() that sets the
  // headers itself.
  std::function<std::optional<cors_options>(const http_request&)> delegate = {};
};

}  // namespace socketio
