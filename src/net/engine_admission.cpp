// The handshake: what a request for a new session goes through once it is verified. The application
// may refuse it, and name the session; both may take their time. Tested by
// tests/unit/net/engine_server_test.cpp.
#include "net/engine_server_impl.hpp"

#include <exception>
#include <utility>

namespace socketio::net {

// A handshake that waits for allow_request or generate_id_later. Whoever comes first (the answer,
// the end of the connection) takes the request out.
struct engine_server::impl::admission {
  std::shared_ptr<anchor> to;
  std::shared_ptr<exchange> request;
};

std::shared_ptr<engine_server::impl::admission> engine_server::impl::wait_for_answer(
    const std::shared_ptr<exchange>& request) {
  const auto waiting = std::make_shared<admission>(admission{anchor_, request});
  request->on_aborted([waiting] {
    auto gone = std::exchange(waiting->request, nullptr);
    if (impl* const server = waiting->to->server) server->release_later(std::move(gone));
  });
  return waiting;
}

// HD-13: the application may look at the request first, and take its time.
void engine_server::impl::admit(std::shared_ptr<exchange> request) {
  if (!hooks_.allow_request) return on_admitted(std::move(request));
  const auto waiting = wait_for_answer(request);
  hooks_.allow_request(request->request(), [waiting](std::optional<std::string> refusal) {
    std::shared_ptr<exchange> asked = std::exchange(waiting->request, nullptr);
    impl* const server = waiting->to->server;
    if (!asked || !server) return;  // answered twice, the peer has gone, or the server
    if (refusal) return server->refuse(*asked, engine::forbid(std::move(*refusal)));
    server->on_admitted(std::move(asked));
  });
}

void engine_server::impl::on_admitted(std::shared_ptr<exchange> request) {
  if (closing_) return refuse_closing(*request);
  const http_request& head = request->request();
  const engine::parameters asked = engine::read_parameters(head);
  const bool upgrade = engine::is_upgrade(head, options_);
  if (upgrade && *asked.kind == engine::transport::polling) {
    if (const auto over = accept(*request)) over->close(/*after_queue=*/false);  // WS-16
    return;
  }
  if (const auto why = engine::verify_revision(asked, options_)) return refuse(*request, *why);

  if (hooks_.generate_id_later) return name_later(std::move(request));
  if (hooks_.generate_id) return name_now(std::move(request));
  open(std::move(request), {});
}

// ---- HS-11: the application names the session

void engine_server::impl::name_now(std::shared_ptr<exchange> request) {
  std::string sid;
  try {
    sid = hooks_.generate_id(request->request());
  } catch (const std::exception& error) {
    return refuse_name(*request, error.what());
  } catch (...) {
    return refuse_name(*request, "unknown exception");
  }
  open(std::move(request), std::move(sid));
}

void engine_server::impl::name_later(std::shared_ptr<exchange> request) {
  const auto waiting = wait_for_answer(request);
  hooks_.generate_id_later(request->request(), [waiting](result<std::string> sid) {
    std::shared_ptr<exchange> asked = std::exchange(waiting->request, nullptr);
    impl* const server = waiting->to->server;
    if (!server) return;
    if (!asked && sid) return server->free_id(*sid);  // answered twice, or the peer has gone
    if (!asked) return;
    if (!sid) return server->refuse_name(*asked, sid.error().message());
    server->open(std::move(asked), *std::move(sid));
  });
}

void engine_server::impl::refuse_name(exchange& request, std::string why) {
  refuse(request,
         engine::make_refusal(engine::handshake_error::bad_request,
                              {{"name", "ID_GENERATION_ERROR"}, {"error", std::move(why)}}));
}

// ---- the session

// JS differs: engine.io 6.6.11, build/server.js, lets a second session of the same id take the
// place of the first.
void engine_server::impl::open(std::shared_ptr<exchange> request, std::string sid) {
  if (!sid.empty() && sessions_.contains(std::string_view(sid))) {
    free_id(sid);
    return refuse_name(*request, "the id is in use");
  }
  if (closing_) {
    free_id(sid);
    return refuse_closing(*request);
  }
  if (hooks_.may_open) {
    if (const auto why = hooks_.may_open(request->request())) {
      free_id(sid);
      return refuse(*request, *why);
    }
  }
  if (engine::is_upgrade(request->request(), options_))
    return open_websocket(*request, std::move(sid));
  open_polling(std::move(request), std::move(sid));
}

void engine_server::impl::free_id(std::string_view sid) {
  if (!sid.empty() && hooks_.on_id_unused) hooks_.on_id_unused(sid);
}

void engine_server::impl::open_polling(std::shared_ptr<exchange> request, std::string sid) {
  const http_request& head = request->request();
  live_session& opened = add(std::make_unique<live_session>(*this, ids_.next(), std::move(sid),
                                                            engine::read_parameters(head), nullptr),
                             head);
  opened.on_request(std::move(request));
}

void engine_server::impl::open_websocket(exchange& request, std::string sid) {
  const http_request& head = request.request();
  std::shared_ptr<websocket> over = accept(request);
  if (!over) {
    if (hooks_.on_unopened) hooks_.on_unopened(head);
    return free_id(sid);
  }
  add(std::make_unique<live_session>(*this, ids_.next(), std::move(sid),
                                     engine::read_parameters(head), std::move(over)),
      head);
}

// Clients come back later; whoever balances them finds another server.
void engine_server::impl::refuse_closing(exchange& request) {
  http_response answer = http_response::text(503, "the server is closing");
  answer.headers.set("Connection", "close");
  request.respond(std::move(answer));
}

}  // namespace socketio::net
