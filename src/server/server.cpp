#include "socketio/server.hpp"

#include "server/server_impl.hpp"
#include "server/validate_options.hpp"

#include <algorithm>
#include <cstdio>
#include <future>
#include <stdexcept>
#include <unistd.h>

namespace socketio {

// ---- the inside

namespace {

server_options checked(server_options given) {
  validate(given);
  if (given.path.size() > 1 && given.path.ends_with('/')) given.path.pop_back();
  return given;
}

}  // namespace

server::impl::impl(server_options given)
    : options(checked(std::move(given))),
      engine_options(engine_options_of(options)),
      hub_options(hub_options_of(options)),
      loop(std::make_shared<net::loop>(options.posted_bytes_max)),
      hub(loop, random, hub_options, namespaces),
      prefix_(path_prefix_of(options)) {
  hub.wall_clock = [] { return std::chrono::system_clock::now(); };
  hub.on_exception = [this](std::exception_ptr what, std::string_view where) {
    report(what, where);
  };
  loop->on_exception = [this](std::exception_ptr what) { hub.report(what, "post"); };
  routes.on_exception = [this](const http_request& request, std::exception_ptr what) {
    hub.report(what, "route " + request.path);
  };
  if (options.cors && options.cors->allow) guard_cors(options.cors->allow);
  hub.of("/");
}

// An origin that cannot be judged is not allowed.
void server::impl::guard_cors(std::function<bool(std::string_view)>& allow) {
  allow = [this, judge = std::move(allow)](std::string_view origin) {
    try {
      return judge(origin);
    } catch (...) {
      hub.report(std::current_exception(), "cors.allow");
      return false;
    }
  };
}

server::impl::~impl() = default;

void server::impl::report(std::exception_ptr what, std::string_view where) noexcept {
  if (on_exception) {
    try {
      on_exception(what, where);
    } catch (...) {  // an error handler that throws has nobody left to tell
    }
    return;
  }
  std::string text = "unknown exception";
  try {
    std::rethrow_exception(what);
  } catch (const std::exception& error) {
    text = error.what();
  } catch (...) {
  }
  std::fprintf(stderr, "socketio: exception in %.*s: %s\n", static_cast<int>(where.size()),
               where.data(), text.c_str());
}

// Not in the constructor: the hooks of the application are known when it listens or runs.
void server::impl::prepare() {
  if (listener) return;
  engine = std::make_unique<net::engine_server>(*loop, random, engine_options,
                                                options.cors ? &*options.cors : nullptr,
                                                engine_hooks_for_net());
  listener = std::make_unique<net::listener>(*loop, *this, http_limits_of(options));
}

// On the shard, or while nobody can begin to run it.
std::error_code server::impl::listen_here() {
  if (port != 0) return std::make_error_code(std::errc::already_connected);
  if (closing_ || closed_) return std::make_error_code(std::errc::operation_canceled);
  prepare();
  const auto error = listener->listen(options.host, options.port, false);
  if (!error) port = listener->port();
  return error;
}

std::error_code server::impl::listen() {
  if (loop->on_thread()) return listen_here();
  if (const std::unique_lock idle(running_, std::try_to_lock); idle) return listen_here();
  const auto result = std::make_shared<std::promise<std::error_code>>();
  if (!loop->post([this, result] { result->set_value(listen_here()); }))
    return std::make_error_code(std::errc::operation_canceled);
  return result->get_future().get();
}

void server::impl::run() {
  if (loop->on_thread()) throw std::logic_error("server::run() inside one of its own handlers");
  const std::lock_guard running(running_);
  if (closed_) return;
  prepare();
  loop->run();
}

void server::impl::close(std::function<void()> done) {
  const bool posted = loop->post([self = shared_from_this(), done] {
    if (self->closed_) {
      if (done) done();
      return;
    }
    if (done) self->closed_listeners_.push_back(done);
    self->close_on_shard();
  });
  if (!posted && done) hub.guard("close", done);
}

// SV-09, in its order. Then the last bytes go out: poll answers and close frames.
void server::impl::close_on_shard() {
  if (std::exchange(closing_, true)) return;
  listener->stop_accepting();
  hub.close();
  engine->close_all(reason::forced_close, cause::server_close);
  signals.reset();
  await_last_connections(loop->now() + options.close_timeout);
}

void server::impl::await_last_connections(time_point deadline) {
  const bool idle = listener->counters().connections == 0;
  if (!idle && loop->now() < deadline) {
    listener->close_idle_connections();
    return set_timeout(loop->now() + milliseconds(5),
                       [this, deadline] { await_last_connections(deadline); });
  }
  if (!idle) listener->close_connections();
  engine->close_all(reason::forced_close, cause::server_close);
  closed_ = true;
  for (const auto& told : std::exchange(closed_listeners_, {})) hub.guard("close", told);
  loop->post([alive = loop] { alive->stop(); });  // a turn later: what closed is told first
}

// The end of the server: as close(), and what runs is waited for.
void server::impl::shut_down() {
  if (loop->on_thread()) {  // what runs is the caller: there is nothing to come back to
    std::fputs(
        "socketio: a server was destroyed inside one of its own handlers; destroy it after "
        "run() has returned\n",
        stderr);
    std::terminate();
  }
  close({});
  run();  // after another thread's run() has returned; at once when there was none
}

bool server::impl::adopt(int descriptor, std::string_view received) {
  return !closing_ && listener->adopt(descriptor, received);
}

// ---- timers of the application

struct server::impl::one_shot final : timer {
  one_shot(impl& owner, std::function<void()> what) : of(owner), work(std::move(what)) {}
  void on_expired(time_point) override {
    const auto self = std::move(of.timeouts_.extract(this).mapped());
    of.hub.guard("set_timeout", work);
  }
  impl& of;
  std::function<void()> work;
};

void server::impl::set_timeout(time_point due, std::function<void()> work) {
  auto made = std::make_unique<one_shot>(*this, std::move(work));
  one_shot* const entry = made.get();
  timeouts_.emplace(entry, std::move(made));
  loop->timers().arm(*entry, due);
}

// A task may wait for longer than the server lives.
detail::detached server::impl::run_task(std::weak_ptr<impl> of, task<> work) {
  try {
    co_await work;
  } catch (...) {
    if (const auto still = of.lock()) still->hub.report(std::current_exception(), "task");
  }
}

server_counters server::impl::counters() const {
  server_counters out;
  const auto posted = loop->posted();
  out.posted_bytes = posted.bytes;
  out.posts_refused = posted.refused_total;
  if (listener) {
    out.http_connections = listener->counters().connections;
    out.http_requests = listener->counters().requests_total;
    out.http_bad_requests = listener->counters().bad_requests_total;
  }
  if (engine) {
    const auto& from = engine->counters();
    out.sessions = from.sessions;
    out.sessions_polling = from.polling;
    out.sessions_websocket = from.websocket;
    out.sessions_opened = from.opened_total;
    out.sessions_closed = from.closed_total;
    out.upgrades = from.upgrades_total;
    for (int i = 0; i < 6; i++) out.refused[i] = from.refused_total[i];
    out.messages_in = from.messages_in;
    out.bytes_in = from.bytes_in;
    out.messages_out = from.messages_out;
    out.bytes_out = from.bytes_out;
    out.dropped_messages = from.dropped_messages;
    out.dropped_bytes = from.dropped_bytes;
  }
  const auto& of = const_cast<core::hub&>(hub).counters();
  out.sockets = of.sockets.get();
  out.connects = of.connects_total.get();
  out.connects_refused = of.refused_total.get();
  out.events_in = of.events_in.get();
  out.events_out = of.events_out.get();
  out.acks_in = of.acks_in.get();
  out.acks_out = of.acks_out.get();
  out.pending_acks = of.pending_acks.get();
  out.acks_timed_out = of.acks_timed_out.get();
  out.acks_disconnected = of.acks_disconnected.get();
  out.acks_unknown = of.acks_unknown.get();
  out.invalid_arguments = of.invalid_arguments.get();
  out.handler_exceptions = of.handler_exceptions.get();
  out.volatile_dropped = of.volatile_dropped.get();
  out.rooms_refused = of.rooms_refused.get();
  for (int i = 0; i < 9; i++) out.disconnects[i] = of.disconnects[i].get();
  return out;
}

// ---- the handle

server::server(server_options options) : server(std::make_shared<impl>(std::move(options))) {}
server::server(std::shared_ptr<impl> made)
    : namespace_api(made->hub.of("/")), impl_(std::move(made)) {}
server::~server() { impl_->shut_down(); }

nsp server::of(std::string_view name) { return nsp(impl_->hub.of(name)); }

listener_id server::on_new_namespace(std::function<void(nsp)> handler) {
  const listener_id id = core::next_listener_id();
  impl_->on_shard([id, handler = std::move(handler)](impl& of) {
    of.hub.new_namespace.add(
        id, [handler](const std::shared_ptr<core::nsp>& made) { handler(nsp(made)); });
  });
  return id;
}

void server::off(listener_id id) const {
  namespace_api::off(id);
  impl_->on_shard([id](impl& of) { of.hub.new_namespace.remove(id); });
}

void server::on_error(std::function<void(std::exception_ptr, std::string_view)> handler) {
  impl_->on_exception = std::move(handler);
}

std::error_code server::listen() { return impl_->listen(); }
std::uint16_t server::port() const noexcept { return impl_->port; }
void server::run() { impl_->run(); }

void server::close_on_signals(std::initializer_list<int> signals) {
  impl_->signals = std::make_unique<net::signal_watch>(
      *impl_->loop, signals, [impl = impl_.get()](int) { impl->close({}); });
}

void server::close(std::function<void()> done) { impl_->close(std::move(done)); }
router& server::routes() noexcept { return impl_->routes; }

void server::serve_static(std::string_view prefix, const std::string& directory) {
  const auto files = std::make_shared<web::static_files>(directory);
  std::string pattern(prefix);
  if (!pattern.ends_with('/')) pattern += '/';
  const auto answer = [files](const http_request& request, const route_parameters& parameters) {
    return files->answer(request, parameters["*"]);
  };
  routes().add("GET", pattern + "*", answer);
}

void server::adopt(int descriptor, std::string received) {
  const bool posted = post([impl = impl_.get(), descriptor, received = std::move(received)] {
    if (!impl->adopt(descriptor, received)) ::close(descriptor);
  });
  if (!posted) ::close(descriptor);
}

void server::adopt(int descriptor, const http_request& request,
                   std::string received_behind_the_head) {
  std::string bytes = request.method + " " + request.target +
                      (request.version == 10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (const auto& [name, value] : request.headers) bytes += name + ": " + value + "\r\n";
  adopt(descriptor, bytes + "\r\n" + received_behind_the_head);
}

bool server::matches(std::string_view target) const noexcept { return impl_->matches(target); }
engine_hooks& server::engine() noexcept { return impl_->hooks; }
const server_options& server::options() const noexcept { return impl_->options; }
server_counters server::counters() const { return impl_->counters(); }
bool server::post(std::function<void()> work) { return impl_->loop->post(std::move(work)); }

bool server::start(task<> work) {
  auto kept = std::make_shared<task<>>(std::move(work));  // std::function must be copyable
  return impl_->on_shard(
      [kept](impl& of) { impl::run_task(of.weak_from_this(), std::move(*kept)); });
}

// From now, and not from the beginning of the turn: the caller may have worked for a while.
void server::set_timeout(std::chrono::milliseconds delay, std::function<void()> work) {
  constexpr milliseconds for_ever = std::chrono::hours(24 * 365 * 100);
  const time_point due = clock::now() + std::clamp(delay, milliseconds(0), for_ever);
  impl_->on_shard([due, work = std::move(work)](impl& of) { of.set_timeout(due, work); });
}

}  // namespace socketio
