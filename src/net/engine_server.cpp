// What every request goes through, in the order of the official server: CORS, middlewares,
// verification; and the end of a turn. Tested by tests/unit/net/engine_server_test.cpp.
#include "net/engine_server.hpp"

#include "net/engine_server_impl.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace socketio::net {

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
  if (cors_ && answer_cors(*request)) return;
  if (!hooks_.middlewares) return verify(std::move(request));
  hooks_.middlewares(
      std::move(request), [to = anchor_](std::shared_ptr<exchange> asked, bool failed) {
        impl* const server = to->server;
        if (!server) return;
        if (!failed) return server->verify(std::move(asked));
        server->refuse(*asked, engine::make_refusal(engine::handshake_error::bad_request,
                                                    {{"name", "MIDDLEWARE_FAILURE"}}));
      });
}

// True when the request is answered. Whoever throws has told the application already.
bool engine_server::impl::answer_cors(exchange& request) {
  const http_request& head = request.request();
  engine::cors_answer answer;
  try {
    answer = engine::apply_cors(*cors_, head, request.extra_headers());
  } catch (...) {  // HD-04
    refuse(request, engine::make_refusal(engine::handshake_error::bad_request,
                                         {{"name", "MIDDLEWARE_FAILURE"}}));
    return true;
  }
  if (!answer.preflight) return false;
  if (engine::is_upgrade(head, options_)) {
    request.abort();  // nobody sends that; JavaScript destroys the socket
    return true;
  }
  http_response preflight;
  preflight.status = answer.status;
  preflight.headers.add("Content-Length", "0");  // some browsers wait for a body without it
  request.respond(std::move(preflight));
  return true;
}

void engine_server::impl::verify(std::shared_ptr<exchange> request) {
  const http_request& head = request->request();
  const bool upgrade = engine::is_upgrade(head, options_);
  const engine::parameters asked = engine::read_parameters(head);
  live_session* const known = asked.sid.empty() ? nullptr : find(asked.sid);
  engine::session_facts facts;
  if (known) facts = {true, known->transport(), known->spoken()};
  if (const auto why = engine::verify(head, asked, facts, options_)) return refuse(*request, *why);

  if (!known) {
    if (closing_) return refuse_closing(*request);
    if (hooks_.limit_handshake)
      if (const auto wait = hooks_.limit_handshake(head)) return refuse_for_now(*request, *wait);
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
  if (shard_.log->debugs(debug_name::engine)) [[unlikely]]
    shard_.log->debug(debug_name::engine, "request refused",
                      {{"code", static_cast<int>(why.code)},
                       {"reason", why.message},
                       {"address", request.request().remote_address}});
  if (hooks_.on_refused) hooks_.on_refused(request.request(), why);
  request.respond(engine::refuse(why, engine::is_upgrade(request.request(), options_)));
}

// ---- sessions

live_session& engine_server::impl::add(std::unique_ptr<live_session> made,
                                       const http_request& request) {
  live_session& who = *made.release();
  sessions_.insert(&who);
  ++counters_.opened_total;
  ++counters_.sessions;
  ++(who.transport() == engine::transport::polling ? counters_.polling : counters_.websocket);
  if (shard_.log->debugs(debug_name::engine)) [[unlikely]]
    shard_.log->debug(debug_name::engine, "session opened",
                      {{"sid", who.sid()},
                       {"transport", engine::to_string(who.transport())},
                       {"address", request.remote_address}});
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

// SD-25. Retry-After is in whole seconds.
void engine_server::impl::refuse_for_now(exchange& request, duration wait) {
  const auto seconds =
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count());
  http_response answer = http_response::json(
      429, R"({"message":"too many handshakes","retryAfter":)" + std::to_string(seconds) + "}");
  answer.headers.set("Retry-After", std::to_string(seconds));
  if (request.request().upgrade) answer.headers.set("Connection", "close");
  request.respond(std::move(answer));
}

// Whoever is told may do anything to other sessions, but none of them is destroyed meanwhile.
std::size_t engine_server::impl::let_go(std::size_t most) {
  closing_ = true;
  leaving_.clear();
  for (live_session* const who : sessions_) {
    if (leaving_.size() == most) break;
    if (who->state() != engine::session::state::open || who->leaves_) continue;
    if (who->queued_bytes() > 0) continue;
    leaving_.push_back(who);
  }
  for (live_session* const who : leaving_) who->leave();
  return leaving_.size();
}

engine_server::queue_totals engine_server::impl::queues() const noexcept {
  queue_totals all;
  for (const live_session* const who : sessions_) {
    const std::size_t bytes = who->queued_bytes();
    all.bytes += bytes;
    all.sessions += bytes > 0;
    all.largest = std::max(all.largest, bytes);
  }
  return all;
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
void engine_server::refuse_handshakes() noexcept { impl_->refuse_handshakes(); }
std::size_t engine_server::let_go(std::size_t most) { return impl_->let_go(most); }
engine_server::queue_totals engine_server::queues() const noexcept { return impl_->queues(); }
const engine_counters& engine_server::counters() const noexcept { return impl_->counters(); }
const http_compression_counters& engine_server::http_compression() const noexcept {
  return impl_->compression().http_counters();
}
const wire::deflate_counters* engine_server::deflate() const noexcept {
  return impl_->compression().deflate_counters();
}

}  // namespace socketio::net
