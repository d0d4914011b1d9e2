#include "socketio/server.hpp"

#include "core/nsp_group.hpp"
#include "core/parent.hpp"
#include "server/server_impl.hpp"
#include "server/shard.hpp"
#include "server/static_files.hpp"
#include "server/validate_options.hpp"

#include <algorithm>
#include <cstdio>
#include <future>
#include <stdexcept>
#include <thread>
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
      prefix(path_prefix_of(options)),
      tls(options.tls ? std::make_unique<net::tls_source>(*options.tls) : nullptr),
      proxies(options.trusted_proxies, options.trusted_proxy_header),
      sessions_by_address(options.max_connections_per_address),
      peers{net::address_counts(options.max_http_connections_per_address), &proxies} {
  namespaces.options = {options.dynamic_namespaces_max, options.cleanup_empty_child_namespaces,
                        options.adapter};
  for (unsigned i = 0; i < options.threads; i++)
    shards.push_back(std::make_unique<shard>(*this, i));
  routes.on_exception = [this](const http_request& request, std::exception_ptr what) {
    report_on_shard(what, "route " + request.path);
  };
  if (options.cors) guard_cors(*options.cors);
  hooks.count_ = [this] { return static_cast<std::size_t>(counters().sessions); };
  first().hub.of("/");
}

// Whatever they throw is told here, and refuses the request below (HD-04).
template <class Judge>
void server::impl::guard_cors(Judge& judge, const char* name) {
  judge = [this, name, own = std::move(judge)](auto&& asked) {
    try {
      const activity::scope running(here().loop->running_here(), {name, {}});
      return own(asked);
    } catch (...) {
      report_on_shard(std::current_exception(), name);
      throw;
    }
  };
}

void server::impl::guard_cors(cors_options& cors) {
  if (cors.allow) guard_cors(cors.allow, "cors.allow");
  if (!cors.delegate) return;
  guard_cors(cors.delegate, "cors.delegate");
  cors.delegate = [this, own = std::move(cors.delegate)](const http_request& request) {
    auto chosen = own(request);
    if (chosen && chosen->allow) guard_cors(chosen->allow, "cors.allow");
    return chosen;
  };
}

server::impl::~impl() = default;

bool server::impl::matches(std::string_view target) const noexcept {
  return target.starts_with(prefix);
}

server::impl::shard& server::impl::here() const noexcept {
  for (const auto& one : shards)
    if (one->loop->on_thread()) return *one;
  return *shards.front();
}

// Not in the constructor: the hooks of the application are known when it listens or runs.
void server::impl::prepare() {
  for (const auto& one : shards) one->prepare();
}

// On the first shard, or while nobody can begin to run it. The sockets are bound here, all or none;
// each shard accepts from its own as soon as it runs.
std::error_code server::impl::listen_here(const net::listen_address& where) {
  if (closing_ || closed_) return std::make_error_code(std::errc::operation_canceled);
  prepare();
  std::vector<net::listening_socket> opened;
  const auto error =
      net::open_listening_sockets(where, shards.size(), options.unix_socket_mode, opened);
  if (error) return error;
  const net::listen_address bound = opened.front().address();
  // A Unix-domain socket stays plain: nothing of it leaves the machine.
  const bool secure = tls && bound.path.empty();
  for (std::size_t i = 0; i < shards.size(); i++) {
    // std::function must be copyable
    auto kept = std::make_shared<net::listening_socket>(std::move(opened[i]));
    shards[i]->loop->post([to = shards[i].get(), kept = std::move(kept), secure] {
      to->accept_from(std::move(*kept), secure);
    });
  }
  if (bound.path.empty() && port == 0) port = bound.port;
  const std::lock_guard lock(addresses_lock_);
  addresses_.push_back(bound.text());
  return {};
}

std::vector<std::string> server::impl::addresses() const {
  const std::lock_guard lock(addresses_lock_);
  return addresses_;
}

template <class Where>
std::error_code server::impl::listen_somewhere(Where where) {
  if (first().loop->on_thread()) return where();
  if (const std::unique_lock idle(running_, std::try_to_lock); idle) return where();
  const auto result = std::make_shared<std::promise<std::error_code>>();
  if (!first().loop->post([where, result] { result->set_value(where()); }))
    return std::make_error_code(std::errc::operation_canceled);
  return result->get_future().get();
}

std::error_code server::impl::listen() {
  return listen_somewhere([this] {
    if (listens_as_configured_) return std::make_error_code(std::errc::already_connected);
    const auto error = listen_here(net::listen_address::of(options.host, options.port));
    listens_as_configured_ = !error;
    return error;
  });
}

std::error_code server::impl::listen(std::string_view address) {
  const auto where = net::listen_address::parse(address, options.host);
  if (!where) return std::make_error_code(std::errc::invalid_argument);
  return listen_somewhere([this, where = *where] { return listen_here(where); });
}

void server::impl::run() {
  if (on_any_shard()) throw std::logic_error("server::run() inside one of its own handlers");
  const std::lock_guard running(running_);
  if (closed_) return;
  prepare();
  std::promise<bool> all_there;  // nothing runs before
  std::vector<std::thread> others;
  try {
    for (const auto go = all_there.get_future().share(); others.size() + 1 < shards.size();)
      others.emplace_back([one = shards[others.size() + 1].get(), go] {
        if (go.get()) one->run();
      });
  } catch (...) {
    all_there.set_value(false);
    for (std::thread& one : others) one.join();
    throw;
  }
  const auto watching = watch();
  all_there.set_value(true);
  first().run();
  for (std::thread& one : others) one.join();
}

// To the end, on this thread: after close(), when there are no threads to be had. The first is the
// last, because it waits for the others.
void server::impl::run_one_by_one() {
  const std::lock_guard running(running_);
  for (std::size_t i = shards.size() - 1; i > 0; i--) {
    shard& one = *shards[i];
    const auto stop = [loop = one.loop] { loop->post([loop] { loop->stop(); }); };
    one.loop->post([&one, stop] { one.close(stop); });
    one.run();
  }
  first().run();
}

void server::impl::close(std::function<void()> done) {
  const bool posted = first().loop->post([self = shared_from_this(), done] {
    if (self->closed_) {
      if (done) done();
      return;
    }
    if (done) self->closed_listeners_.push_back(done);
    self->close_shards();
  });
  if (!posted && done) first().hub.guard("close", done);
}

// On the first shard, which waits for the others.
void server::impl::close_shards() {
  if (std::exchange(closing_, true)) return;
  signals.reset();
  reload_signals.reset();
  shards_left_ = shards.size() + 1;
  const auto closed = [this] { first().loop->post([this] { on_shard_closed(); }); };
  await_adapters(closed);
  for (const auto& one : shards) {
    if (one->loop->on_thread())
      one->close(closed);
    else if (!one->loop->post([closing = one.get(), closed] { closing->close(closed); }))
      closed();
  }
}

// The adapters are one more that is waited for, but not for ever: they may have a network of their
// own.
void server::impl::await_adapters(std::function<void()> closed) {
  const auto waiting = std::make_shared<std::atomic<bool>>(true);
  const auto once = [of = weak_from_this(), waiting, closed = std::move(closed)] {
    if (const auto still = of.lock(); still && waiting->exchange(false)) closed();
  };
  namespaces.when_closed(once);
  first().set_timeout(first().loop->exact_now() + options.close_timeout, once);
}

void server::impl::on_shard_closed() {
  if (--shards_left_ > 0) return;
  closed_ = true;
  for (const auto& told : std::exchange(closed_listeners_, {})) first().hub.guard("close", told);
  // A turn later: what closed is told first.
  for (const auto& one : shards) one->loop->post([alive = one->loop] { alive->stop(); });
}

bool server::impl::on_any_shard() const noexcept {
  for (const auto& one : shards)
    if (one->loop->on_thread()) return true;
  return false;
}

// In turn: the kernel does not spread these.
server::impl::shard& server::impl::next_for_adoption() noexcept {
  return *shards[adopted_.fetch_add(1, std::memory_order_relaxed) % shards.size()];
}

// The end of the server: as close(), and what runs is waited for.
void server::impl::shut_down() {
  if (on_any_shard()) {  // what runs is the caller: there is nothing to come back to
    std::fputs(
        "socketio: a server was destroyed inside one of its own handlers; destroy it after "
        "run() has returned\n",
        stderr);
    std::terminate();
  }
  close({});
  try {
    run();  // after another thread's run() has returned; at once when there was none
  } catch (const std::system_error&) {
    run_one_by_one();
  }
}

// A task may wait for longer than the server lives.
detail::detached server::impl::run_task(std::weak_ptr<impl> of, task<> work) {
  try {
    co_await work;
  } catch (...) {
    if (const auto still = of.lock()) still->report_on_shard(std::current_exception(), "task");
  }
}

server_counters server::impl::counters() const {
  server_counters out;
  for (const auto& one : shards) one->add_counters(out);
  out.handlers_blocked = handlers_blocked_.load(std::memory_order_relaxed);
  out.turns_blocked = turns_blocked_.load(std::memory_order_relaxed);
  return out;
}

// ---- the handle

server::server(server_options options) : server(std::make_shared<impl>(std::move(options))) {}
server::server(std::shared_ptr<impl> made)
    : namespace_api(made->first().hub.of("/")), impl_(std::move(made)) {}
server::~server() { impl_->shut_down(); }

nsp server::of(std::string_view name) { return nsp(impl_->first().hub.of(name)); }

nsp server::of(std::string_view name, detail::plain_function<void(socket)> on_connection) {
  nsp named = of(name);
  named.on_connection(std::move(on_connection));
  return named;
}

parent_nsp server::of(pattern expression) {
  const auto matches = [expression = std::move(expression)](std::string_view name) {
    return expression.matches(name);
  };
  return add_parent(detail::make_namespace_check(matches), matches);
}

parent_nsp server::add_parent(detail::namespace_check check,
                              std::function<bool(std::string_view)> pattern) {
  const auto made = impl_->namespaces.add_parent(std::move(check), std::move(pattern));
  return parent_nsp(made->group().shared_part(0));
}

listener_id server::on_new_namespace(std::function<void(nsp)> handler) {
  const listener_id id = core::next_listener_id();
  impl_->on_first([id, handler = std::move(handler)](impl::shard& of) {
    of.hub.new_namespace.add(
        id, [handler](const std::shared_ptr<core::nsp>& made) { handler(nsp(made)); });
  });
  return id;
}

void server::off(listener_id id) const {
  namespace_api::off(id);
  impl_->on_first([id](impl::shard& of) { of.hub.new_namespace.remove(id); });
}

void server::on_error(std::function<void(std::exception_ptr, std::string_view)> handler) {
  impl_->on_exception = std::move(handler);
}

void server::on_blocked(std::function<void(const blocked_handler&)> handler) {
  impl_->on_blocked = std::move(handler);
}

std::error_code server::listen() { return impl_->listen(); }
std::error_code server::listen(std::string_view address) { return impl_->listen(address); }
std::vector<std::string> server::addresses() const { return impl_->addresses(); }
std::uint16_t server::port() const noexcept { return impl_->port; }
void server::run() { impl_->run(); }

void server::close_on_signals(std::initializer_list<int> signals) {
  impl_->signals = std::make_unique<net::signal_watch>(
      *impl_->first().loop, signals, [impl = impl_.get()](int) { impl->close({}); });
}

net::tls_source& server::impl::tls_or_throw() const {
  if (!tls) throw std::logic_error("the server was made without server_options::tls");
  return *tls;
}

void server::set_tls(tls_options options) { impl_->tls_or_throw().replace(std::move(options)); }
void server::reload_certificates() { impl_->tls_or_throw().reload(); }

void server::reload_certificates_on_signals(std::initializer_list<int> signals) {
  net::tls_source& source = impl_->tls_or_throw();
  impl_->reload_signals = std::make_unique<net::signal_watch>(
      *impl_->first().loop, signals, [&source, impl = impl_.get()](int) {
        try {
          source.reload();
        } catch (...) {
          impl->report(std::current_exception(), "reload_certificates");
        }
      });
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
  impl::shard& there = impl_->next_for_adoption();
  const bool posted = there.loop->post([&there, descriptor, received = std::move(received)] {
    there.adopt(net::loose_stream(descriptor), received);
  });
  if (!posted) ::close(descriptor);
}

void server::adopt(int descriptor, const http_request& request,
                   std::string received_behind_the_head) {
  adopt(descriptor, net::to_head(request) + received_behind_the_head);
}

bool server::matches(std::string_view target) const noexcept { return impl_->matches(target); }
engine_hooks& server::engine() noexcept { return impl_->hooks; }
const server_options& server::options() const noexcept { return impl_->options; }
server_counters server::counters() const { return impl_->counters(); }
bool server::post(std::function<void()> work) {
  net::loop& there = *impl_->here().loop;
  return there.post([&there, work = std::move(work)] {
    const activity::scope running(&there.running, {"post", {}});
    work();
  });
}

bool server::start(task<> work) {
  auto kept = std::make_shared<task<>>(std::move(work));  // std::function must be copyable
  return impl_->on_shard([kept, impl = impl_->weak_from_this()](impl::shard& of) {
    const activity::scope running(&of.loop->running, {"task", {}});
    impl::run_task(impl, std::move(*kept));
  });
}

// From now, and not from the beginning of the turn: the caller may have worked for a while.
void server::set_timeout(std::chrono::milliseconds delay, std::function<void()> work) {
  constexpr milliseconds for_ever = std::chrono::hours(24 * 365 * 100);
  const time_point due = clock::now() + std::clamp(delay, milliseconds(0), for_ever);
  impl_->on_shard([due, work = std::move(work)](impl::shard& of) { of.set_timeout(due, work); });
}

}  // namespace socketio
