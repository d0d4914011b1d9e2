// What the engine below asks and tells: the hooks of the application, the cookie, and the limit of
// sessions per address. Whatever the application throws is reported here.
#include "engine/cookie.hpp"
#include "server/middlewares.hpp"
#include "server/session.hpp"
#include "server/shard.hpp"

#include <stdexcept>

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

// The answer of a hook that may come from any thread. After the end of the server nobody waits for
// it.
template <class Answer>
std::function<void(Answer)> at_home(std::shared_ptr<net::loop> home,
                                    std::function<void(Answer)> take) {
  return [home = std::move(home), take = std::move(take)](Answer answer) {
    if (home->on_thread()) return take(std::move(answer));
    home->post([take, answer = std::move(answer)]() mutable { take(std::move(answer)); });
  };
}

}  // namespace

net::engine_hooks server::impl::shard::engine_hooks_for_net() {
  const engine_hooks& hooks = server_.hooks;
  net::engine_hooks out;
  const bool named = hooks.generate_id || hooks.generate_id_later;
  sessions_ = std::make_unique<const session::context>(
      session::context{hooks, named ? &server_.ids : nullptr, server_.sessions_by_address,
                       !server_.options.lagged_event.empty(), meter.get()});
  const bool observed = hooks.on_message || hooks.on_packet_create || meter;
  out.on_session = [this, observed](net::engine_session& below,
                                    const http_request& request) -> net::session_sink* {
    session* const made = observed ? new observed_session(below, hub, *sessions_, request)
                                   : new session(below, hub, *sessions_, request);
    made->begin();
    return made;  // ends itself in on_closed()
  };
  out.on_refused = [this](const http_request& request, const engine::refusal& why) {
    on_refused(request, why);
  };
  hook_headers(out);
  if (!hooks.middlewares_.empty()) {
    out.middlewares = [this](std::shared_ptr<net::exchange> request,
                             net::engine_hooks::go_on go_on) {
      std::make_shared<http_reply::state>(std::move(request), std::move(go_on),
                                          server_.hooks.middlewares_, hub, loop)
          ->start();
    };
  }
  if (hooks.allow_request) hook_allow_request(out);
  if (hooks.generate_id || hooks.generate_id_later) hook_ids(out);
  if (server_.options.max_connections_per_address > 0) hook_addresses(out);
  hook_limits(out);
  return out;
}

void server::impl::shard::on_refused(const http_request& request, const engine::refusal& why) {
  if (!why.details.empty() && why.details.front().second == "ORIGIN_NOT_ALLOWED")
    ++refused_.origins;
  if (!server_.hooks.on_connection_error) return;
  const connection_error error{static_cast<int>(why.code), why.message, context_of(why)};
  hub.guard("on_connection_error", [&] { server_.hooks.on_connection_error(request, error); });
}

void server::impl::shard::hook_headers(net::engine_hooks& out) {
  if (server_.options.cookie) {
    out.on_first_poll = [this](http_headers& headers, std::string_view sid) {
      const cookie_options& cookie = *server_.options.cookie;
      hub.guard("cookie",
                [&] { headers.add("Set-Cookie", engine::serialize_cookie(cookie, sid)); });
    };
  }
  out.on_initial_headers = [this](http_headers& headers, const http_request& request) {
    if (server_.hooks.on_initial_headers)
      hub.guard("on_initial_headers", [&] { server_.hooks.on_initial_headers(headers, request); });
  };
  out.on_headers = [this](http_headers& headers, const http_request& request) {
    if (server_.hooks.on_headers)
      hub.guard("on_headers", [&] { server_.hooks.on_headers(headers, request); });
  };
}

void server::impl::shard::hook_allow_request(net::engine_hooks& out) {
  using answer = std::optional<std::string>;
  out.allow_request = [this](const http_request& request, std::function<void(answer)> take) {
    const auto decide = at_home<answer>(loop, std::move(take));
    try {
      const activity::scope running(&loop->running, {"allow_request", {}});
      server_.hooks.allow_request(request, decide);
    } catch (...) {  // whoever cannot decide must not let in
      hub.report(std::current_exception(), "allow_request");
      decide("");
    }
  };
}

void server::impl::shard::hook_ids(net::engine_hooks& out) {
  // Entered at once: another shard may be asked for the same one now.
  const auto entered = [this](const std::string& id) {
    return id.empty() || server_.ids.add(id, index);
  };
  out.on_id_unused = [this](std::string_view id) { server_.ids.remove(id, index); };
  if (!server_.hooks.generate_id_later) {
    out.generate_id = [this, entered](const http_request& request) {
      const activity::scope running(&loop->running, {"generate_id", {}});
      std::string id = server_.hooks.generate_id(request).value_or("");
      if (!entered(id)) throw std::runtime_error("the id is in use");
      return id;
    };
    return;
  }
  using answer = result<std::string>;
  out.generate_id_later = [this, entered](const http_request& request,
                                          std::function<void(answer)> take) {
    const auto give = at_home<answer>(loop, [entered, take = std::move(take)](answer id) {
      if (id && !entered(*id)) id = std::make_error_code(std::errc::address_in_use);
      take(std::move(id));
    });
    try {
      const activity::scope running(&loop->running, {"generate_id", {}});
      server_.hooks.generate_id_later(request, give);
    } catch (...) {
      hub.report(std::current_exception(), "generate_id_later");
      give(std::make_error_code(std::errc::operation_canceled));
    }
  };
}

// The session itself leaves at its end, whatever that is; see session::on_closed().
void server::impl::shard::hook_addresses(net::engine_hooks& out) {
  out.may_open = [this](const http_request& request) -> std::optional<engine::refusal> {
    if (server_.sessions_by_address.enter(request.remote_address)) return std::nullopt;
    ++refused_.addresses;
    return engine::forbid_address(request.remote_address);
  };
  out.on_unopened = [this](const http_request& request) {
    server_.sessions_by_address.leave(request.remote_address);
  };
}

}  // namespace socketio
