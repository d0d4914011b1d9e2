// The headers of the npm package `cors` 2.8.6, in the order in which it sets them.
// Tested by tests/unit/engine/cors_test.cpp.
#include "engine/cors.hpp"

#include <algorithm>

namespace socketio::engine {
namespace {

std::string join(const std::vector<std::string>& list) {
  std::string joined;
  for (const std::string& item : list) {
    if (!joined.empty()) joined += ',';
    joined += item;
  }
  return joined;
}

// An empty value means: no such header.
void set_unless_empty(http_headers& out, std::string_view name, std::string value) {
  if (!value.empty()) out.set(name, std::move(value));
}

// Access-Control-Allow-Origin. False: this origin is served without any CORS header at all.
bool apply_origin(const cors_options& options, std::string_view origin, http_headers& out) {
  constexpr std::string_view name = "Access-Control-Allow-Origin";
  bool allowed = true;
  if (options.allow) {
    if (!options.allow(origin)) return false;
  } else if (!options.origins.empty()) {
    allowed =
        std::find(options.origins.begin(), options.origins.end(), origin) != options.origins.end();
  } else if (!options.reflect) {
    if (options.origin.empty()) return false;
    out.set(name, options.origin);
    if (options.origin != "*") out.append_to_list("Vary", "Origin");
    return true;
  }
  if (allowed) set_unless_empty(out, name, std::string(origin));
  out.append_to_list("Vary", "Origin");
  return true;
}

void apply_allowed_headers(const cors_options& options, const http_request& request,
                           http_headers& out) {
  std::string allowed = join(options.allowed_headers);
  if (allowed.empty()) {
    allowed = request.headers["Access-Control-Request-Headers"];
    out.append_to_list("Vary", "Access-Control-Request-Headers");
  }
  set_unless_empty(out, "Access-Control-Allow-Headers", std::move(allowed));
}

}  // namespace

cors_answer apply_cors(const cors_options& options, const http_request& request,
                       http_headers& out) {
  if (options.delegate) {
    auto own = options.delegate(request);
    if (!own) return {};
    own->delegate = nullptr;  // one is enough
    return apply_cors(*own, request, out);
  }
  if (!apply_origin(options, request.headers["Origin"], out)) return {};
  if (options.credentials) out.set("Access-Control-Allow-Credentials", "true");
  const bool preflight = request.method == "OPTIONS";
  if (preflight) {
    set_unless_empty(out, "Access-Control-Allow-Methods", join(options.methods));
    apply_allowed_headers(options, request, out);
    if (options.max_age_seconds) {
      out.set("Access-Control-Max-Age", std::to_string(*options.max_age_seconds));
    }
  }
  set_unless_empty(out, "Access-Control-Expose-Headers", join(options.exposed_headers));
  return {preflight && !options.preflight_continue, options.options_success_status};
}

}  // namespace socketio::engine
