#include "server/shard.hpp"

#include "server/validate_options.hpp"

namespace socketio {

server::impl::shard::shard(server::impl& server, unsigned number)
    : index(number),
      loop(std::make_shared<net::loop>(server.options.posted_bytes_max)),
      hub(loop, random, server.hub_options, server.namespaces, number),
      server_(server) {
  loop->log = server.log;
  measured.last_beat = clock::now().time_since_epoch().count();
  hub.on_rate_limited = [this](const rate_limited& what) { server_.report_limited(what); };
  hub.address_buckets = [this](std::string_view address) {
    return server_.buckets_by_address.of(address);
  };
  hub.wall_clock = [] { return std::chrono::system_clock::now(); };
  hub.on_exception = [this](std::exception_ptr what, std::string_view where) {
    server_.report(what, where);
  };
  loop->running.on_ended = [this](const activity::call& what) {
    server_.report_blocked(index, what, /*over=*/true);
  };
  loop->running.time = []() noexcept { return clock::now(); };
  loop->on_exception = [this](std::exception_ptr what) { hub.report(what, "post"); };
}

server::impl::shard::~shard() = default;

void server::impl::shard::prepare() {
  if (prepared()) return;
  engine = std::make_unique<net::engine_server>(
      *loop, random, server_.engine_options,
      server_.options.cors ? &*server_.options.cors : nullptr, engine_hooks_for_net(), index);
  const bool counts = server_.options.max_http_connections_per_address > 0;
  listener = std::make_unique<net::listener>(*loop, *this, http_limits_of(server_.options),
                                             counts ? &server_.peers : nullptr, server_.tls.get());
  prepared_.store(true, std::memory_order_release);
}

void server::impl::shard::run() {
  begin_beating();
  loop->run();
  beat_.cancel();
}

void server::impl::shard::accept_from(net::listening_socket from, bool secure) {
  if (!closing_) listener->accept_from(std::move(from), secure);
}

// What is not taken is closed.
void server::impl::shard::adopt(net::loose_stream connection, std::string_view received) {
  if (!closing_) listener->adopt(connection, received);
}

// SV-09, in its order. Then the last bytes go out: poll answers and close frames.
void server::impl::shard::close(std::function<void()> done) {
  if (std::exchange(closing_, true)) return;
  listener->stop_accepting();
  hub.close();
  engine->close_all(reason::forced_close, cause::server_close);
  await_last_connections(loop->exact_now() + server_.cut_after.load(), std::move(done));
}

void server::impl::shard::await_last_connections(time_point deadline, std::function<void()> done) {
  const bool idle = listener->connections() == 0;
  if (!idle && loop->now() < deadline && server_.cut_after.load() > milliseconds(0)) {
    listener->close_idle_connections();
    return set_timeout(loop->exact_now() + milliseconds(5),
                       [this, deadline, done] { await_last_connections(deadline, done); });
  }
  if (!idle) listener->close_connections();
  engine->close_all(reason::forced_close, cause::server_close);
  done();
}

// ---- timers of the application

struct server::impl::shard::one_shot final : timer {
  one_shot(shard& owner, std::function<void()> what) : of(owner), work(std::move(what)) {}
  void on_expired(time_point) override {
    const auto self = std::move(of.timeouts_.extract(this).mapped());
    of.hub.guard("set_timeout", work);
  }
  shard& of;
  std::function<void()> work;
};

void server::impl::shard::set_timeout(time_point due, std::function<void()> work) {
  auto made = std::make_unique<one_shot>(*this, std::move(work));
  one_shot* const entry = made.get();
  timeouts_.emplace(entry, std::move(made));
  loop->timers().arm(*entry, due);
}

// ---- counters

void server::impl::shard::add_counters(server_counters& to) const {
  const auto posted = loop->posted();
  to.posted_bytes += posted.bytes;
  to.posts_refused += posted.refused_total;
  if (prepared()) {
    to.http_connections += listener->connections();
    to.http_requests += listener->counters().requests_total;
    to.http_bad_requests += listener->counters().bad_requests_total;
    to.http_connections_refused += listener->counters().refused_total;
    to.tls_handshakes += listener->counters().tls_handshakes_total;
    to.tls_handshakes_failed += listener->counters().tls_failed_total;
    const auto& from = engine->counters();
    to.sessions += from.sessions;
    to.sessions_polling += from.polling;
    to.sessions_websocket += from.websocket;
    to.sessions_opened += from.opened_total;
    to.sessions_closed += from.closed_total;
    to.upgrades += from.upgrades_total;
    static_assert(std::size(server_counters().refused) == engine::handshake_errors);
    for (std::size_t i = 0; i < engine::handshake_errors; i++)
      to.refused[i] += from.refused_total[i];
    to.messages_in += from.messages_in;
    to.bytes_in += from.bytes_in;
    to.messages_out += from.messages_out;
    to.bytes_out += from.bytes_out;
    to.dropped_messages += from.dropped_messages;
    to.dropped_bytes += from.dropped_bytes;
    const auto& polled = engine->http_compression();
    to.http_compressed += polled.answers;
    to.http_compressed_plain_bytes += polled.plain_bytes;
    to.http_compressed_bytes += polled.bytes;
  }
  if (const auto* deflate = prepared() ? engine->deflate() : nullptr) {
    to.deflated += deflate->deflated;
    to.deflated_out += deflate->sent;
    to.deflated_out_plain_bytes += deflate->sent_plain_bytes;
    to.deflated_out_bytes += deflate->sent_bytes;
    to.deflated_in += deflate->received;
    to.deflated_in_bytes += deflate->received_bytes;
    to.deflated_in_plain_bytes += deflate->received_plain_bytes;
  }
  to.origins_refused += refused_.origins;
  to.addresses_refused += refused_.addresses;
  const auto& of = hub.counters();
  to.sockets += of.sockets;
  to.connects += of.connects_total;
  to.connects_refused += of.refused_total;
  to.events_in += of.events_in;
  to.events_out += of.events_out;
  to.acks_in += of.acks_in;
  to.acks_out += of.acks_out;
  to.pending_acks += of.pending_acks;
  to.acks_timed_out += of.acks_timed_out;
  to.acks_disconnected += of.acks_disconnected;
  to.acks_unknown += of.acks_unknown;
  to.invalid_arguments += of.invalid_arguments;
  to.handler_exceptions += of.handler_exceptions;
  to.volatile_dropped += of.volatile_dropped;
  to.rooms_refused += of.rooms_refused;
  to.namespaces_refused += of.namespaces_refused;
  for (std::size_t i = 0; i < reason_count; i++) to.disconnects[i] += of.disconnects[i];
  for (std::size_t i = 0; i < recovery_outcomes; i++) to.recoveries[i] += of.recoveries[i];
  to.recovery_sessions += of.recovery_sessions;
  to.recovery_log_events += of.recovery_log_events;
  to.recovery_log_bytes += of.recovery_log_bytes;
}

}  // namespace socketio
