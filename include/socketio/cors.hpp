// The `cors` option with the semantics of the npm package of that name (HD-02).
#pragma once

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
  std::function<bool(std::string_view origin)> allow = {};  // wins over everything above

  std::vector<std::string> methods = {"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"};
  std::vector<std::string> allowed_headers = {};  // empty: reflect Access-Control-Request-Headers
  std::vector<std::string> exposed_headers = {};
  bool credentials = false;
  std::optional<long> max_age_seconds = std::nullopt;
  unsigned options_success_status = 204;
};

}  // namespace socketio
