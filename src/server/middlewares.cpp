// See middlewares.hpp.
#include "server/middlewares.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace socketio {

http_reply::state::state(std::shared_ptr<net::exchange> request, net::engine_hooks::go_on go_on,
                         const std::vector<engine_middleware>& all, core::hub& hub,
                         std::shared_ptr<net::loop> home)
    : request_(std::move(request)),
      go_on_(std::move(go_on)),
      all_(all),
      count_(all.size()),
      hub_(hub),
      home_(std::move(home)) {}

// The exchange goes where it belongs, and is answered with 500 there.
http_reply::state::~state() {
  if (request_ && !home_->on_thread()) home_->post([request = std::move(request_)] {});
}

void http_reply::state::start() {
  request_->on_aborted([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->gone_ = true;
  });
  run(0);
}

bool http_reply::state::take_turn(std::size_t of, std::size_t next) noexcept {
  return turn_.compare_exchange_strong(of, next);
}

http_headers* http_reply::state::headers_of(std::size_t turn) noexcept {
  return turn_ == turn ? &request_->extra_headers() : nullptr;
}

// On the shard.
void http_reply::state::run(std::size_t index) {
  const next_fn next([self = shared_from_this(), index](const std::optional<connect_error>& why) {
    self->on_next(index, why.has_value());
  });
  const auto held = request_;  // for whoever looks at it after end()
  try {
    const activity::scope running(&home_->running, {"engine middleware", {}});
    all_[index](held->request(), http_reply(shared_from_this(), index), next);
  } catch (...) {
    hub_.report(std::current_exception(), "engine middleware");
    next("it has thrown");
  }
}

// The server may have gone while somebody waited: then its loop takes no work any more, and all
// that is left of the request is its memory.
void http_reply::state::on_next(std::size_t index, bool failed) {
  const bool last = failed || index + 1 == count_;
  if (!take_turn(index, last ? over : index + 1)) return;
  if (home_->on_thread()) return go_to(index + 1, failed);
  home_->post([self = shared_from_this(), index, failed] { self->go_to(index + 1, failed); });
}

// On the shard.
void http_reply::state::go_to(std::size_t index, bool failed) {
  if (gone_) return request_.reset();
  if (!failed && index < count_) return run(index);
  std::exchange(go_on_, nullptr)(std::move(request_), failed);
}

void http_reply::state::end(std::size_t turn, http_response answer) {
  if (!take_turn(turn, over)) return;
  if (home_->on_thread()) return respond(std::move(answer));
  home_->post([self = shared_from_this(), answer = std::move(answer)]() mutable {
    self->respond(std::move(answer));
  });
}

// JS differs: engine.io 6.6.11, build/server.js, only cuts the connection of an upgrade; who is not
// a browser can read why.
void http_reply::state::respond(http_response answer) {
  const auto request = std::exchange(request_, nullptr);
  if (request->request().upgrade) answer.headers.set("Connection", "close");
  if (answer.status < 200 || answer.status > 599) {
    const std::out_of_range wrong("the status of the response is " + std::to_string(answer.status) +
                                  ", possible are 200 to 599");
    hub_.report(std::make_exception_ptr(wrong), "engine middleware");
    answer = http_response::text(500, "internal server error\n");
  }
  request->respond(std::move(answer));
}

std::optional<std::string> http_reply::get(std::string_view name) const {
  const http_headers* const all = state_->headers_of(turn_);
  const auto found = all ? all->find(name) : std::nullopt;
  return found ? std::optional(std::string(*found)) : std::nullopt;
}
void http_reply::set(std::string_view name, std::string value) const {
  if (http_headers* const all = state_->headers_of(turn_)) all->set(name, std::move(value));
}
void http_reply::add(std::string_view name, std::string value) const {
  if (http_headers* const all = state_->headers_of(turn_))
    all->add(std::string(name), std::move(value));
}
void http_reply::remove(std::string_view name) const {
  if (http_headers* const all = state_->headers_of(turn_)) all->remove(name);
}
void http_reply::end(http_response answer) const { state_->end(turn_, std::move(answer)); }

// JS differs: there the idiom is `req._query.sid === undefined`, which whoever writes "&sid=" goes
// past; an empty id is none.
engine_middleware handshake_only(engine_middleware what) {
  return [what = std::move(what)](http_request& request, const http_reply& reply, next_fn next) {
    if (!request.query["sid"].empty()) return next();
    what(request, reply, std::move(next));
  };
}

}  // namespace socketio
