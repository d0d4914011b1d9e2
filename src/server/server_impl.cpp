// What the shards of a server share: made from the options, told about listeners.
#include "server/server_impl.hpp"

#include "server/log_sinks.hpp"
#include "server/shard.hpp"
#include "server/validate_options.hpp"

#include <future>
#include <mutex>
#include <utility>
#include <vector>

namespace socketio {

namespace {

server_options checked(server_options given) {
  validate(given);
  if (given.path.size() > 1 && given.path.ends_with('/')) given.path.pop_back();
  return given;
}

std::shared_ptr<logger> make_logger(const server_options& given) {
  read_debug_environment();
  return std::make_shared<logger>(given.log ? given.log : stderr_log(), given.log_least,
                                  given.debug, wall_clock_now, given.log_records_per_second_max);
}

}  // namespace

server::impl::impl(server_options given)
    : log(make_logger(given)),
      options(checked(std::move(given))),
      engine_options(engine_options_of(options)),
      hub_options(hub_options_of(options)),
      prefix(path_prefix_of(options)),
      tls(options.tls ? std::make_unique<net::tls_source>(*options.tls) : nullptr),
      proxies(options.trusted_proxies, options.trusted_proxy_header),
      sessions_by_address(options.max_connections_per_address),
      peers{net::address_counts(options.max_http_connections_per_address), &proxies},
      buckets_by_address(options.rate_limits.addresses_max),
      cut_after(options.close_timeout) {
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
  if (hub_options.limits == nullptr) {
    auto rules = std::make_shared<const core::limit_rules>(options.rate_limits);
    if (rules->any_of_clients() || rules->any_of_addresses()) hub_options.limits = std::move(rules);
  }
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
  if (error) {
    log->log(log_level::error, "cannot listen",
             {{"address", where.text()}, {"reason", error.message()}});
    return error;
  }
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
  log->log(log_level::info, "listening", {{"address", bound.text()}, {"shards", shards.size()}});
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

}  // namespace socketio
