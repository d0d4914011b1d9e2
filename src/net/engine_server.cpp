// Who may come in: verification in the order of the official server, the handshake, and the end of
// a turn. Tested by tests/unit/net/engine_server_test.cpp.
#include "net/engine_server.hpp"

#include "net/engine_server_impl.hpp"

#include <cassert>
#include <exception>
#include <utility>

namespace socketio::net {

// A handshake that waits for allow_request. Whoever comes first (the answer, the end of the
// connection) takes the request out.
struct engine_server::impl::admission {
  std::shared_ptr<anchor> to;
  std::shared_ptr<exchange> request;
};

engine_server::impl::impl(executor& shard, random_source& random, const engine::options& options,
                          const cors_options* cors, engine_hooks hooks, unsigned shard_index)
    : shard_(shard),
      ids_(random, shard_index),
      options_(options),
      cors_(cors),
      hooks_(std::move(hooks)),
      compression_(shard, options),
      anchor_(std::make_shared<anchor>(anchor{this})) {}

engine_server::impl::~impl() {
  anchor_->server = nullptr;
  for (live_session* const who : sessions_) {
    who->cut();
    delete who;
  }
}

// ---- requests

void engine_server::impl::handle(std::shared_ptr<exchange> request) {
  const http_request& head = request->request();
  const bool upgrade = engine::is_upgrade(head, options_);
  if (cors_) {
    const auto answer = engine::apply_cors(*cors_, head, request->extra_headers());
    if (answer.preflight) {
      if (upgrade) return request->abort();  // nobody sends that; JavaScript destroys the socket
      http_response preflight;
      preflight.status = answer.status;
      preflight.headers.add("Content-Length", "0");  // some browsers wait for a body without it
      return request->respond(std::move(preflight));
    }
  }
  const engine::parameters asked = engine::read_parameters(head);
  live_session* const known = asked.sid.empty() ? nullptr : find(asked.sid);
  engine::session_facts facts;
  if (known) facts = {true, known->transport()};
  if (const auto why = engine::verify(head, asked, facts, options_)) return refuse(*request, *why);

  if (!known) {
    if (closing_) return refuse_closing(*request);
    return admit(std::move(request));
  }
  if (!upgrade) return known->on_request(std::move(request));
  std::shared_ptr<websocket> over = accept(*request);
  if (!over) return;
  if (*asked.kind == engine::transport::websocket) {
    known->on_candidate(std::move(over), asked.text_only);
  } else {
    over->close(/*after_queue=*/false);  // WS-16
  }
}

live_session* engine_server::impl::find(std::string_view sid) const {
  const auto at = sessions_.find(sid);
  if (at == sessions_.end() || (*at)->state() == engine::session::state::closed) return nullptr;
  return *at;
}

void engine_server::impl::refuse(exchange& request, const engine::refusal& why) {
  ++counters_.refused_total[static_cast<std::size_t>(why.code)];
  if (hooks_.on_refused) hooks_.on_refused(request.request(), why);
  request.respond(engine::refuse(why, engine::is_upgrade(request.request(), options_)));
}

// ---- handshake

// HD-13: the application may look at the request first, and take its time.
void engine_server::impl::admit(std::shared_ptr<exchange> request) {
  if (!hooks_.allow_request) return on_admitted(std::move(request));
  const auto waiting = std::make_shared<admission>(admission{anchor_, request});
  request->on_aborted([waiting] {
    auto gone = std::exchange(waiting->request, nullptr);
    if (impl* const server = waiting->to->server) server->release_later(std::move(gone));
  });
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
  if (const auto why = engine::verify_revision(asked)) return refuse(*request, *why);

  std::string sid;
  if (hooks_.generate_id) {
    std::string trouble;
    try {
      sid = hooks_.generate_id(head);
      if (!sid.empty() && sessions_.contains(std::string_view(sid))) {
        trouble = "the id is in use";
        free_id(sid);
      }
    } catch (const std::exception& error) {
      trouble = error.what();
    } catch (...) {
      trouble = "unknown exception";
    }
    // JS differs: engine.io 6.6.11, build/server.js, lets a second session of the same id take the
    // place of the first.
    if (!trouble.empty()) {
      return refuse(*request, engine::make_refusal(engine::handshake_error::bad_request,
                                                   {{"name", "ID_GENERATION_ERROR"},
                                                    {"error", std::move(trouble)}}));
    }
  }
  if (upgrade) return open_websocket(*request, std::move(sid));
  open_polling(std::move(request), std::move(sid));
}

void engine_server::impl::free_id(std::string_view sid) {
  if (!sid.empty() && hooks_.on_id_unused) hooks_.on_id_unused(sid);
}

void engine_server::impl::open_polling(std::shared_ptr<exchange> request, std::string sid) {
  const http_request& head = request->request();
  live_session& opened = add(std::make_unique<live_session>(*this, ids_.next(), std::move(sid),
                                                            /*text_only=*/false, nullptr),
                             head);
  opened.on_request(std::move(request));
}

void engine_server::impl::open_websocket(exchange& request, std::string sid) {
  const http_request& head = request.request();
  std::shared_ptr<websocket> over = accept(request);
  if (!over) return free_id(sid);
  const bool text_only = engine::read_parameters(head).text_only;
  add(std::make_unique<live_session>(*this, ids_.next(), std::move(sid), text_only,
                                     std::move(over)),
      head);
}

live_session& engine_server::impl::add(std::unique_ptr<live_session> made,
                                       const http_request& request) {
  live_session& who = *made.release();
  sessions_.insert(&who);
  ++counters_.opened_total;
  ++counters_.sessions;
  ++(who.transport() == engine::transport::polling ? counters_.polling : counters_.websocket);
  who.start(request);
  return who;
}

std::shared_ptr<websocket> engine_server::impl::accept(exchange& request) {
  const http_request& head = request.request();
  if (hooks_.on_initial_headers && head.query["sid"].empty()) {
    hooks_.on_initial_headers(request.extra_headers(), head);
  }
  if (hooks_.on_headers) hooks_.on_headers(request.extra_headers(), head);
  websocket_limits limits;
  limits.message_bytes_max = options_.max_http_buffer_size;
  limits.deflate = compression_.workspace();
  return request.accept_websocket(limits);
}

// ---- the end of a turn

// Clients come back later; whoever balances them finds another server.
void engine_server::impl::refuse_closing(exchange& request) {
  http_response answer = http_response::text(503, "the server is closing");
  answer.headers.set("Connection", "close");
  request.respond(std::move(answer));
}

void engine_server::impl::close_all(reason why, cause what) {
  closing_ = true;
  for (live_session* const who : sessions_) who->close(why, what, {}, /*discard=*/true);
}

void engine_server::impl::drain_later(live_session& who) {
  if (std::exchange(who.waits_for_drain_, true)) return;
  to_drain_.push_back(&who);
  end_turn_later();
}

void engine_server::impl::retire(live_session& who) {
  sessions_.erase(&who);
  retired_.emplace_back(&who);
  end_turn_later();
}

void engine_server::impl::release_later(std::shared_ptr<void> done) {
  released_.push_back(std::move(done));
  end_turn_later();
}

void engine_server::impl::end_turn_later() {
  if (std::exchange(end_of_turn_posted_, true)) return;
  shard_.post([to = anchor_] {
    if (to->server) to->server->end_turn();
  });
}

// Draining may send, close, retire and release again; what comes in meanwhile is for the next time.
void engine_server::impl::end_turn() {
  end_of_turn_posted_ = false;
  draining_.swap(to_drain_);
  for (live_session* const who : draining_) {
    who->waits_for_drain_ = false;
    who->drain();
  }
  draining_.clear();
  const auto released = std::exchange(released_, {});
  auto retired = std::exchange(retired_, {});
  for (auto& who : retired) {
    if (who->waits_for_drain_) retired_.push_back(std::move(who));
  }
}

// ---- engine_server

engine_server::engine_server(executor& shard, random_source& random, const engine::options& options,
                             const cors_options* cors, engine_hooks hooks, unsigned shard_index)
    : impl_(std::make_unique<impl>(shard, random, options, cors, std::move(hooks), shard_index)) {}

engine_server::~engine_server() = default;

void engine_server::handle(std::shared_ptr<exchange> request) { impl_->handle(std::move(request)); }
void engine_server::close_all(reason why, cause what) { impl_->close_all(why, what); }
const engine_counters& engine_server::counters() const noexcept { return impl_->counters(); }
const http_compression_counters& engine_server::http_compression() const noexcept {
  return impl_->compression().http_counters();
}
const wire::deflate_counters* engine_server::deflate() const noexcept {
  return impl_->compression().deflate_counters();
}

}  // namespace socketio::net
