// The handle: every call reaches the inside (server_impl.hpp), most of them by way of a shard.
#include "socketio/server.hpp"

#include "core/nsp_group.hpp"
#include "core/parent.hpp"
#include "server/server_impl.hpp"
#include "server/shard.hpp"
#include "server/static_files.hpp"

#include <algorithm>
#include <stdexcept>
#include <unistd.h>

namespace socketio {

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
