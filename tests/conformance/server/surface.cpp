// The options that concern HTTP requests: cookie, CORS, middlewares of the engine, headers
// (CONTRACT.md, section 2).
#include "server/program.hpp"

#include <stdexcept>

using socketio::http_reply;
using socketio::http_request;
using socketio::http_response;
using socketio::next_fn;

namespace conformance {
namespace {

void read_text(const value& from, std::string& into) {
  if (from.as_string()) into = *from.as_string();
}
void read_flag(const value& from, bool& into) {
  if (from.as_bool()) into = *from.as_bool();
}

socketio::same_site same_site_from(const value& given) {
  const std::string name = given.as_string() ? *given.as_string() : "lax";
  if (given == value(true) || name == "strict") return socketio::same_site::strict;
  if (given == value(false)) return socketio::same_site::unset;
  return name == "none" ? socketio::same_site::none : socketio::same_site::lax;
}

socketio::cookie_priority priority_from(const value& given) {
  const std::string name = given.as_string() ? *given.as_string() : "";
  if (name == "low") return socketio::cookie_priority::low;
  if (name == "medium") return socketio::cookie_priority::medium;
  return name == "high" ? socketio::cookie_priority::high : socketio::cookie_priority::unset;
}

// "https://a.example" and the like are allowed, and one makes the rule fail.
bool judge(std::string_view origin) {
  if (origin == "https://broken.example") throw std::runtime_error("cannot judge");
  return origin.ends_with(".example");
}

socketio::cors_options cors_for(const http_request& request) {
  if (request.query.contains("broken")) throw std::runtime_error("cannot choose");
  socketio::cors_options chosen;
  chosen.origin = request.query.contains("open") ? "*" : "https://closed.example";
  return chosen;
}

void first_middleware(http_request& request, const http_reply& reply, next_fn next) {
  const std::string_view what = request.query["mw"];
  reply.set("x-order", "1");
  reply.set("x-removed", "1");
  if (what == "fail") return next("refused by a middleware");
  if (what == "end") return reply.end(http_response::text(418, "ended by a middleware"));
  if (const auto user = request.query.find("user")) request.custom.set(std::string(*user));
  next();
}

}  // namespace

socketio::cookie_options cookie_from(const value& given) {
  socketio::cookie_options cookie;
  if (!given.as_object()) return cookie;
  read_text(given["name"], cookie.name);
  if (given["path"] == value(false)) cookie.path.clear();
  read_text(given["path"], cookie.path);
  read_text(given["domain"], cookie.domain);
  read_flag(given["http_only"], cookie.http_only);
  read_flag(given["secure"], cookie.secure);
  read_flag(given["partitioned"], cookie.partitioned);
  if (const auto* age = given["max_age"].as_integer()) cookie.max_age = std::chrono::seconds(*age);
  if (const auto* at = given["expires"].as_integer())
    cookie.expires = std::chrono::system_clock::time_point(std::chrono::milliseconds(*at));
  cookie.priority = priority_from(given["priority"]);
  if (given.contains("same_site")) cookie.same_site = same_site_from(given["same_site"]);
  return cookie;
}

void add_cors_functions(const value& given, socketio::cors_options& cors) {
  if (given["judge"] == value(true)) cors.allow = judge;
  if (given["delegate"] == value(true)) cors.delegate = cors_for;
  if (given["preflight_continue"] == value(true)) cors.preflight_continue = true;
  if (const auto* status = given["success_status"].as_integer())
    cors.options_success_status = static_cast<unsigned>(*status);
}

void add_middlewares(program& of) {
  auto& engine = of.io.engine();
  engine.use(first_middleware);
  engine.use([&of](http_request& request, const http_reply& reply, next_fn next) {
    reply.set("x-order", reply.get("x-order").value_or("") + ",2");
    reply.remove("x-removed");
    if (request.query["mw"] == "later")
      return of.io.set_timeout(std::chrono::milliseconds(20), next);
    next();
  });
  engine.use(socketio::handshake_only([](http_request&, const http_reply& reply, next_fn next) {
    reply.set("x-handshake", "yes");
    next();
  }));
}

void add_header_hooks(program& of) {
  auto& engine = of.io.engine();
  engine.on_initial_headers = [](socketio::http_headers& headers, const http_request&) {
    headers.set("x-initial", "yes");
  };
  engine.on_headers = [](socketio::http_headers& headers, const http_request& request) {
    headers.set("x-always", request.method);
  };
}

value user_of(const socketio::socket& who) {
  const auto user = who.request().custom.get<std::string>();
  return user ? value(*user) : value();
}

}  // namespace conformance
