// All series of a server, with their names and help. docs/metrics.md lists them, and a test
// compares the two. What is read here, any thread may read: a scrape asks no shard and holds up
// nobody.
#include "net/process.hpp"
#include "server/prometheus.hpp"
#include "server/server_impl.hpp"
#include "server/shard.hpp"

#include <array>
#include <string>

namespace socketio {
namespace {

constexpr std::array<std::string_view, 6> refusals{
    "unknown_transport", "unknown_sid", "bad_handshake_method",
    "bad_request",       "forbidden",   "unsupported_protocol_version"};

void add_connections(prometheus_text& out, const server_counters& of) {
  out.gauge("socketio_http_connections", "TCP connections that speak HTTP or WebSocket now.",
            of.http_connections);
  out.counter("socketio_http_requests_total", "HTTP requests, of the engine and of routes.",
              of.http_requests);
  out.counter("socketio_http_bad_requests_total",
              "Malformed, slow and too large heads of HTTP requests.", of.http_bad_requests);
  out.counter("socketio_http_connections_refused_total",
              "TCP connections closed at once because of max_http_connections_per_address.",
              of.http_connections_refused);
  out.counter("socketio_tls_handshakes_total", "TLS handshakes, by result.");
  out.add(of.tls_handshakes, {{"result", "done"}});
  out.add(of.tls_handshakes_failed, {{"result", "failed"}});
  out.gauge("socketio_sessions", "Engine.IO sessions now, by transport.");
  out.add(of.sessions_polling, {{"transport", "polling"}});
  out.add(of.sessions_websocket, {{"transport", "websocket"}});
  out.counter("socketio_sessions_opened_total", "Engine.IO sessions opened.", of.sessions_opened);
  out.counter("socketio_sessions_closed_total", "Engine.IO sessions closed.", of.sessions_closed);
  out.counter("socketio_upgrades_total", "Sessions that went from polling to WebSocket.",
              of.upgrades);
}

void add_refusals(prometheus_text& out, const server_counters& of) {
  out.counter("socketio_handshakes_refused_total", "Requests that the engine refused, by code.");
  for (std::size_t i = 0; i < refusals.size(); i++)
    out.add(of.refused[i], {{"code", std::to_string(i)}, {"reason", refusals[i]}});
  out.counter("socketio_origins_refused_total",
              "Of these, requests of pages that allowed_origins does not name.",
              of.origins_refused);
  out.counter("socketio_addresses_refused_total",
              "Of these, handshakes beyond max_connections_per_address.", of.addresses_refused);
}

void add_traffic(prometheus_text& out, const server_counters& of) {
  out.counter("socketio_messages_total", "Engine.IO messages, by direction.");
  out.add(of.messages_in, {{"direction", "in"}});
  out.add(of.messages_out, {{"direction", "out"}});
  out.counter("socketio_message_bytes_total",
              "Bytes of these messages; outgoing ones with their frames.");
  out.add(of.bytes_in, {{"direction", "in"}});
  out.add(of.bytes_out, {{"direction", "out"}});
  out.counter("socketio_events_total", "Socket.IO events, by direction.");
  out.add(of.events_in, {{"direction", "in"}});
  out.add(of.events_out, {{"direction", "out"}});
  out.counter("socketio_messages_dropped_total", "Outgoing messages that nobody got, by reason.");
  out.add(of.dropped_messages, {{"reason", "slow_consumer"}});
  out.add(of.volatile_dropped, {{"reason", "volatile"}});
  out.add(of.posts_refused, {{"reason", "posted_bytes_max"}});
  out.counter("socketio_dropped_bytes_total", "Bytes of those of slow consumers.",
              of.dropped_bytes);
  out.gauge("socketio_posted_bytes",
            "Bytes of events of other threads that wait for their shard now.", of.posted_bytes);
}

void add_sockets(prometheus_text& out, const server_counters& of) {
  out.gauge("socketio_sockets", "Connected sockets of all namespaces now.", of.sockets);
  out.counter("socketio_connects_total", "Sockets that joined a namespace.", of.connects);
  out.counter(
      "socketio_connects_refused_total",
      "Namespaces that were not joined: unknown, refused by a middleware, or too many connects.",
      of.connects_refused);
  out.counter("socketio_namespaces_refused_total",
              "Of these, dynamic ones beyond dynamic_namespaces_max.", of.namespaces_refused);
  out.counter("socketio_disconnects_total", "Sockets that left, by reason.");
  for (std::size_t i = 0; i < std::size(of.disconnects); i++)
    out.add(of.disconnects[i], {{"reason", to_string(static_cast<reason>(i))}});
  out.counter("socketio_rooms_refused_total",
              "Joins that rooms_per_socket_max or room_name_bytes_max refused.", of.rooms_refused);
}

void add_recovery(prometheus_text& out, const server_counters& of) {
  out.counter("socketio_recoveries_total",
              "Clients that came while recovery was on, by what became of their session.");
  for (std::size_t i = 1; i < recovery_outcomes; i++)
    out.add(of.recoveries[i], {{"outcome", to_string(static_cast<recovery_outcome>(i))}});
  out.gauge("socketio_recovery_sessions", "Clients that may come back now.", of.recovery_sessions);
  out.gauge("socketio_recovery_log_events", "Events that are kept for them now.",
            of.recovery_log_events);
  out.gauge("socketio_recovery_log_bytes", "Bytes of these.", of.recovery_log_bytes);
}

void add_acks(prometheus_text& out, const server_counters& of) {
  out.counter("socketio_acks_total", "Acknowledgements, by direction.");
  out.add(of.acks_in, {{"direction", "in"}});
  out.add(of.acks_out, {{"direction", "out"}});
  out.gauge("socketio_acks_pending", "Acknowledgements that clients owe us now.", of.pending_acks);
  out.counter("socketio_acks_failed_total", "Acknowledgements that did not come, and why.");
  out.add(of.acks_timed_out, {{"reason", "timed_out"}});
  out.add(of.acks_disconnected, {{"reason", "disconnected"}});
  out.counter("socketio_acks_unknown_total", "Acknowledgements that nobody waited for.",
              of.acks_unknown);
}

void add_handlers(prometheus_text& out, const server_counters& of) {
  out.counter("socketio_invalid_arguments_total", "Events whose arguments did not fit the handler.",
              of.invalid_arguments);
  out.counter("socketio_handler_exceptions_total", "Exceptions of handlers, hooks and middlewares.",
              of.handler_exceptions);
  out.counter("socketio_blocked_handlers_total", "Handlers that ran for blocked_after or longer.",
              of.handlers_blocked);
}

void add_process(prometheus_text& out) {
  const auto process = net::read_process_state();
  if (!process) return;
  out.gauge("process_resident_memory_bytes", "Memory that is really used.",
            process->resident_bytes);
  out.gauge("process_virtual_memory_bytes", "Memory that is reserved.", process->virtual_bytes);
  out.gauge("process_open_fds", "Open descriptors now.", process->descriptors);
  out.gauge("process_max_fds", "How many there may be.", process->descriptors_max);
  out.counter("process_cpu_seconds_total", "Processor time, user and system.");
  out.add(process->cpu_seconds);
  out.gauge("process_start_time_seconds", "When the process began, since 1970.");
  out.add(process->start_seconds);
}

}  // namespace

void server::impl::add_shard_metrics(prometheus_text& out) const {
  std::uint64_t bytes = 0, sessions = 0, largest = 0, rooms = 0;
  for (const auto& one : shards) {
    bytes += one->measured.queued_bytes;
    sessions += one->measured.queued_sessions;
    largest = std::max<std::uint64_t>(largest, one->measured.largest_queue);
    rooms += one->measured.rooms;
  }
  out.gauge("socketio_send_queue_bytes", "Bytes that wait in send queues now.", bytes);
  out.gauge("socketio_send_queue_sessions", "Sessions for which something waits now.", sessions);
  out.gauge("socketio_send_queue_largest_bytes", "The largest of these queues now.", largest);
  out.gauge("socketio_rooms",
            "Rooms now but for those of sockets' own ids; one of several shards counts on each.",
            rooms);
  out.gauge("socketio_namespaces", "Namespaces now.", namespaces.list().size());

  out.counter("socketio_closes_total", "Engine.IO sessions closed, by cause.");
  for (unsigned i = 0; i < 256; i++) {
    std::uint64_t count = 0;
    for (const auto& one : shards)
      if (one->prepared()) count += one->engine->counters().closed_by_cause[i];
    const std::string_view name = to_string(static_cast<cause>(i));
    if (name != "unknown" && (count > 0 || i != 0)) out.add(count, {{"cause", name}});
  }
  out.counter("socketio_rate_limited_total", "What rate_limits kept back, by limit and action.");
  for (std::size_t kind = 0; kind < core::limit_kinds; kind++)
    for (std::size_t action = 0; action < core::limit_actions; action++) {
      const bool refuses = kind >= static_cast<std::size_t>(limit_kind::connects);
      if (refuses != (static_cast<limit_action>(action) == limit_action::refuse)) continue;
      std::uint64_t count = 0;
      for (const auto& one : shards) count += one->hub.counters().limited[kind][action];
      out.add(count, {{"limit", to_string(static_cast<limit_kind>(kind))},
                      {"action", to_string(static_cast<limit_action>(action))}});
    }
  out.gauge("socketio_rate_limit_addresses", "Addresses that rate_limits remember now.",
            buckets_by_address.size());
  out.histogram("socketio_handler_seconds",
                "Time in the handlers of an event until they return, of one event in 64.");
  for (const auto& one : shards)
    out.add(one->hub.counters().handler_time, {{"shard", std::to_string(one->index)}});
  out.histogram("socketio_loop_lag_seconds",
                "How late the loop of a shard was for a timer that it has every second.");
  for (const auto& one : shards)
    out.add(one->measured.lag, {{"shard", std::to_string(one->index)}});
}

std::string server::impl::metrics() const {
  const server_counters all = counters();
  prometheus_text out;
  add_connections(out, all);
  add_refusals(out, all);
  add_traffic(out, all);
  add_sockets(out, all);
  add_recovery(out, all);
  add_acks(out, all);
  add_handlers(out, all);
  add_shard_metrics(out);
  out.counter("socketio_log_records_left_out_total",
              "Records that log_records_per_second_max kept back.", log->left_out());
  out.gauge("socketio_draining", "1 while the server drains or closes.", is_leaving() ? 1 : 0);
  out.counter("socketio_drained_sessions_total", "Sessions that a drain has closed.", drained);
  out.gauge("socketio_shards", "Shards of the server.", shards.size());
  out.gauge("socketio_build_info", "1; the version is a label.");
  out.add(std::uint64_t{1}, {{"version", SOCKETIO_VERSION}});
  add_process(out);
  return out.take();
}

}  // namespace socketio
