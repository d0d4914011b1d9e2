// Who answers a request: the browser's client, the engine, or the application's own routes (HS-02,
// HS-03, BU-02).
#include "engine/cors.hpp"
#include "server/client_bundle.hpp"
#include "server/server_impl.hpp"
#include "server/session.hpp"
#include "server/validate_options.hpp"

namespace socketio {
namespace {

value context_of(const engine::refusal& why) {
  value::object fields;
  for (const auto& [name, text] : why.details) {
    const bool is_number = name == "protocol" || name == "previousProtocol";
    fields.emplace_back(name, is_number ? value(std::stoi(text)) : value(text));
  }
  return fields;
}

}  // namespace

bool server::impl::matches(std::string_view target) const noexcept {
  return target.starts_with(prefix_);
}

void server::impl::on_request(std::shared_ptr<net::exchange> request) {
  const http_request& asked = request->request();
  if (matches(asked.target)) {
    if (options.serve_client && !asked.upgrade && serve_bundle(*request)) return;
    return engine->handle(std::move(request));
  }
  if (asked.upgrade) return leave_upgrade(std::move(request));
  serve_route(std::move(request));
}

// True when the request was for a file of the bundle and is answered.
bool server::impl::serve_bundle(net::exchange& request) {
  const http_request& asked = request.request();
  if (!asked.path.starts_with(prefix_)) return false;
  std::string_view file = std::string_view(asked.path).substr(prefix_.size());
  while (file.starts_with('/')) file.remove_prefix(1);
  auto found = web::answer_client_bundle(asked, file);
  if (!found) return false;
  if (options.cors) {  // BU-06
    const auto cors = engine::apply_cors(*options.cors, asked, request.extra_headers());
    if (cors.preflight) found = http_response{cors.status, {}, {}};
  }
  request.respond(std::move(*found));
  return true;
}

// A request whose answer may come from any thread, or never: the exchange belongs to the shard, and
// goes home in any case.
struct server::impl::answerable {
  answerable(std::shared_ptr<net::exchange> what, std::shared_ptr<net::loop> where)
      : request(std::move(what)), home(std::move(where)) {}
  answerable(const answerable&) = delete;
  answerable& operator=(const answerable&) = delete;
  ~answerable() {
    if (!home->on_thread()) home->post([request = std::move(request)] {});
  }

  void answer(http_response response) {
    if (home->on_thread()) return request->respond(std::move(response));
    home->post([asked = request, response = std::move(response)]() mutable {
      asked->respond(std::move(response));
    });
  }

  std::shared_ptr<net::exchange> request;
  std::shared_ptr<net::loop> home;
};

void server::impl::serve_route(std::shared_ptr<net::exchange> request) {
  if (!routes.knows(request->request().path)) return request->respond({404, {}, {}});
  const auto answer = [this, request](net::body_outcome outcome) {
    if (outcome == net::body_outcome::aborted) return;
    if (outcome == net::body_outcome::too_big)
      return request->respond(http_response::text(
          413,
          "the body is larger than " + std::to_string(options.http_body_bytes_max) + " bytes\n"));
    const auto asked = std::make_shared<answerable>(request, loop);
    routes.dispatch(request->request(),
                    [asked](http_response response) { asked->answer(std::move(response)); });
  };
  request->read_body(options.http_body_bytes_max, answer);
}

// WS-17: an upgrade for another path is ended after a while, if nobody took it.
void server::impl::leave_upgrade(std::shared_ptr<net::exchange> request) {
  const std::weak_ptr<net::exchange> waiting = request;
  request->on_aborted([request] {});  // keeps it until then
  if (!options.destroy_upgrade) return;
  set_timeout(loop->now() + options.destroy_upgrade_timeout, [waiting] {
    if (const auto still = waiting.lock(); still && !still->answered()) still->abort();
  });
}

net::engine_hooks server::impl::engine_hooks_for_net() {
  net::engine_hooks out;
  out.on_session = [this](net::engine_session& below,
                          const http_request& request) -> net::session_sink* {
    return new session(below, hub, hooks, request);  // ends itself in on_closed()
  };
  out.on_refused = [this](const http_request& request, const engine::refusal& why) {
    if (!hooks.on_connection_error) return;
    const connection_error error{static_cast<int>(why.code), why.message, context_of(why)};
    hub.guard("on_connection_error", [&] { hooks.on_connection_error(request, error); });
  };
  out.on_initial_headers = [this](http_headers& headers, const http_request& request) {
    if (hooks.on_initial_headers)
      hub.guard("on_initial_headers", [&] { hooks.on_initial_headers(headers, request); });
  };
  out.on_headers = [this](http_headers& headers, const http_request& request) {
    if (hooks.on_headers) hub.guard("on_headers", [&] { hooks.on_headers(headers, request); });
  };
  if (hooks.allow_request) {
    out.allow_request = [this](const http_request& request,
                               std::function<void(std::optional<std::string>)> decide) {
      try {
        hooks.allow_request(request, decide);
      } catch (...) {  // whoever cannot decide must not let in
        hub.report(std::current_exception(), "allow_request");
        decide("");
      }
    };
  }
  if (hooks.generate_id) {
    out.generate_id = [this](const http_request& request) {
      return hooks.generate_id(request).value_or("");
    };
  }
  return out;
}

}  // namespace socketio
