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

// On the shard.
void http_reply::state::run(std::size_t index) {
  if (index == all_.size()) return std::exchange(go_on_, nullptr)(std::move(request_), false);
  const next_fn next([self = shared_from_this(), index](const std::optional<connect_error>& why) {
    self->on_next(index, why.has_value());
  });
  const auto held = request_;  // for whoever looks at it after end()
  try {
    const activity::scope running(&home_->running, {"engine middleware", {}});
    all_[index](held->request(), http_reply(shared_from_this()), next);
  } catch (...) {
    hub_.report(std::current_exception(), "engine middleware");
    next("it has thrown");
  }
}

// The server may have gone while somebody waited: then its loop takes no work any more, and all
// that is left of the request is its memory.
void http_reply::state::on_next(std::size_t index, bool failed) {
  if (!home_->on_thread()) {
    home_->post([self = shared_from_this(), index, failed] { self->on_next(index, failed); });
    return;
  }
  if (ended_.test() || !request_) return;
  if (gone_) return request_.reset();
  if (failed) return std::exchange(go_on_, nullptr)(std::move(request_), true);
  run(index + 1);
}

void http_reply::state::end(http_response answer) {
  if (ended_.test_and_set()) return;
  if (home_->on_thread()) return respond(std::move(answer));
  home_->post([self = shared_from_this(), answer = std::move(answer)]() mutable {
    self->respond(std::move(answer));
  });
}

// JS differs: engine.io 6.6.11, build/server.js, only cuts the connection of an upgrade; who is not
// a browser can read why.
void http_reply::state::respond(http_response answer) {
  const auto request = std::exchange(request_, nullptr);
  if (!request) return;
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
  const auto found = state_->headers().find(name);
  return found ? std::optional(std::string(*found)) : std::nullopt;
}
void http_reply::set(std::string_view name, std::string value) const {
  state_->headers().set(name, std::move(value));
}
void http_reply::add(std::string_view name, std::string value) const {
  state_->headers().add(std::string(name), std::move(value));
}
void http_reply::remove(std::string_view name) const { state_->headers().remove(name); }
void http_reply::end(http_response answer) const { state_->end(std::move(answer)); }

// JS differs: there the idiom is `req._query.sid === undefined`, which whoever writes "&sid=" goes
// past; an empty id is none.
engine_middleware handshake_only(engine_middleware what) {
  return [what = std::move(what)](http_request& request, const http_reply& reply, next_fn next) {
    if (!request.query["sid"].empty()) return next();
    what(request, reply, std::move(next));
  };
}

}  // namespace socketio
