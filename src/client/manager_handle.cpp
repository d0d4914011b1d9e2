// The public manager and client: what a URL and options become, and calls to the reactor.
#include "base/client_url.hpp"
#include "client/check_options.hpp"
#include "client/engine_connection.hpp"
#include "client/on_shard.hpp"
#include "client/owner.hpp"
#include "dial/easy.hpp"
#include "socketio/client.hpp"

#include <chrono>
#include <random>
#include <utility>

namespace socketio {
namespace {

using client_side::add_listener, client_side::on_shard, client_side::manager_state;

client_url parsed(std::string_view url) {
  auto read = parse_client_url(url);
  if (!read)
    throw std::invalid_argument("url \"" + std::string(url.substr(0, 200)) +
                                "\": " + read.error().message());
  return std::move(*read);
}

// Not for secrets: pauses, and what makes URLs differ.
std::function<std::uint64_t()> make_random() {
  auto engine = std::make_shared<std::mt19937_64>(std::random_device()());
  return [engine] { return (*engine)(); };
}

dial_options dialling(const client_options& options) {
  return {options.tls,         options.proxy,  options.local_address,
          options.unix_socket, options.family, options.happy_eyeballs_delay};
}

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

manager::manager(std::string_view url, client_options options) {
  const client_url where = parsed(url);
  client_side::check_options(options);
  if (options.query.empty()) options.query = where.query;  // CM-02
  auto on = options.loop ? options.loop->impl() : nullptr;
  auto shard = on ? on->shard() : std::make_shared<dial::reactor>(options.posted_bytes_max);
  const auto random = make_random();
  auto in = std::make_shared<client_side::connection_surroundings>();
  in->shard = shard;
  in->options = options;
  in->options.loop.reset();
  in->how = dialling(options);
  if (const auto wrong = dial::check_options(in->how)) throw std::invalid_argument(wrong->detail);
  in->login = basic_login(where);
  in->secure = where.secure;
  in->authority = where.authority();
  in->seed = random;
  in->wall_ms = &wall_ms;
  options.loop.reset();
  state_ = std::make_shared<manager_state>(
      std::move(options),
      client_side::manager_surroundings{
          shard,
          [in](const client_side::connection_facts& with, client_side::connection_sink& sink) {
            return std::make_unique<client_side::engine_connection>(in, with, sink);
          },
          [random] { return static_cast<double>(random() >> 11) * 0x1p-53; }, &wall_ms});
  owner_ = std::make_shared<client_side::owner>(state_, shard, std::move(on));
  if (state_->options().auto_connect) connect();
}

manager::~manager() = default;
manager::manager(manager&& other) noexcept = default;
manager& manager::operator=(manager&& other) noexcept = default;

client_socket manager::socket(std::string_view nsp) const {
  if (!state_) return {};
  client_socket found(state_->socket(nsp, nullptr));
  if (state_->options().auto_connect) found.connect();
  return found;
}
client_socket manager::socket(std::string_view nsp, socket_options options) const {
  client_side::check_options(options);
  if (!state_) return {};
  client_socket found(state_->socket(nsp, &options));
  if (state_->options().auto_connect) found.connect();
  return found;
}

void manager::connect() const {
  on_shard(state_, [](manager_state& of) { of.open(); });
}
void manager::disconnect() const {
  on_shard(state_, [](manager_state& of) { of.disconnect(); });
}
void manager::close_connection() const {
  on_shard(state_, [](manager_state& of) { of.close_connection(); });
}
void manager::network_changed() const {
  on_shard(state_, [](manager_state& of) { of.network_changed(); });
}
// Whom it tells may destroy the manager.
bool manager::stop(std::chrono::milliseconds drain) {
  const auto kept = owner_;
  return !kept || kept->stop(drain);
}

bool manager::connected() const noexcept { return state_ && state_->now().connected; }
std::string manager::engine_id() const { return state_ ? state_->now().sid : std::string(); }
std::string manager::transport() const { return state_ ? state_->now().transport : std::string(); }
std::size_t manager::queued_bytes() const noexcept {
  return state_ ? state_->seen()->queued.load(std::memory_order_relaxed) : 0;
}

void manager::reconnection(bool on) const {
  on_shard(state_, [on](manager_state& of) { of.set_reconnection(on); });
}
void manager::reconnection_attempts(std::uint64_t most) const {
  on_shard(state_, [most](manager_state& of) { of.attempts_max = most; });
}
void manager::reconnection_delay(std::chrono::milliseconds first) const {
  client_side::check_delay("reconnection_delay", first);
  on_shard(state_, [first](manager_state& of) { of.delays.first = first; });
}
void manager::reconnection_delay_max(std::chrono::milliseconds longest) const {
  client_side::check_delay("reconnection_delay_max", longest);
  on_shard(state_, [longest](manager_state& of) { of.delays.longest = longest; });
}
void manager::randomization_factor(double part) const {
  client_side::check_factor(part);
  on_shard(state_, [part](manager_state& of) { of.delays.jitter = part; });
}
void manager::timeout(std::optional<std::chrono::milliseconds> of_an_attempt) const {
  if (of_an_attempt) client_side::check_delay("timeout", *of_an_attempt);
  on_shard(state_, [of_an_attempt](manager_state& of) { of.timeout = of_an_attempt; });
}
void manager::set_query(name_value_list query) const {
  on_shard(state_, [query = std::move(query)](manager_state& of) { of.next.query = query; });
}
void manager::set_extra_headers(name_value_list headers) const {
  client_side::check_headers(headers);
  on_shard(state_,
           [headers = std::move(headers)](manager_state& of) { of.next.extra_headers = headers; });
}
void manager::set_transports(std::vector<std::string> names) const {
  client_side::check_transports(names);
  on_shard(state_, [names = std::move(names)](manager_state& of) { of.next.transports = names; });
}

listener_id manager::on_open(detail::callback<> handler) const {
  return add_listener(state_, &manager_state::opens, std::move(handler).take());
}
listener_id manager::on_error(detail::callback<const connect_failure&> handler) const {
  return add_listener(state_, &manager_state::errors, std::move(handler).take());
}
listener_id manager::on_close(detail::callback<const client_disconnect&> handler) const {
  return add_listener(state_, &manager_state::closes, std::move(handler).take());
}
listener_id manager::on_ping(detail::callback<> handler) const {
  return add_listener(state_, &manager_state::pings, std::move(handler).take());
}
listener_id manager::on_packet(detail::callback<packet_type, std::string_view> handler) const {
  return add_listener(state_, &manager_state::packets, std::move(handler).take());
}
listener_id manager::on_reconnect_attempt(detail::callback<std::uint64_t> handler) const {
  return add_listener(state_, &manager_state::reconnect_attempts, std::move(handler).take());
}
listener_id manager::on_reconnect(detail::callback<std::uint64_t> handler) const {
  return add_listener(state_, &manager_state::reconnects, std::move(handler).take());
}
listener_id manager::on_reconnect_error(detail::callback<const connect_failure&> handler) const {
  return add_listener(state_, &manager_state::reconnect_errors, std::move(handler).take());
}
listener_id manager::on_reconnect_failed(detail::callback<> handler) const {
  return add_listener(state_, &manager_state::reconnect_failures, std::move(handler).take());
}
listener_id manager::on_upgrade(detail::callback<std::string_view> handler) const {
  return add_listener(state_, &manager_state::upgrades, std::move(handler).take());
}
listener_id manager::on_upgrade_error(detail::callback<const connect_failure&> handler) const {
  return add_listener(state_, &manager_state::upgrade_errors, std::move(handler).take());
}
void manager::off(listener_id id) const {
  if (state_) state_->remove_listener(id);
}

// The namespace stands in the URL.
client::client(std::string_view url, client_options options)
    : client(url, std::move(options), parsed(url).path) {}

client::client(std::string_view url, client_options options, std::string nsp)
    : client_socket(), manager_(url, std::move(options)) {
  static_cast<client_socket&>(*this) = manager_.socket(nsp);
}

}  // namespace socketio
