// The Socket.IO server: accepts connections, routes them to namespaces, broadcasts to rooms. It is
// its main namespace too: io.emit(), io.on_connection(), io.use() and so on are those of
// io.of("/").
//
//   socketio::server io({.port = 3000});
//   io.on_connection([](socketio::socket socket) { ... });
//   if (auto error = io.listen()) ...
//   io.run();
//
// Cheap to include: no Asio, no JSON library reaches the user.
#pragma once

#include "socketio/drain.hpp"
#include "socketio/engine.hpp"
#include "socketio/nsp.hpp"
#include "socketio/parent_nsp.hpp"
#include "socketio/router.hpp"
#include "socketio/server_options.hpp"
#include "socketio/task.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace socketio {

namespace admin {
class instrumentation;
}

// What the server counts; a snapshot. Totals since the start unless the comment says "now".
struct server_counters {
  std::uint64_t http_connections = 0;  // now
  std::uint64_t http_requests = 0, http_bad_requests = 0;
  std::uint64_t tls_handshakes = 0, tls_handshakes_failed = 0;
  std::uint64_t sessions = 0;  // now: Engine.IO sessions, by transport
  std::uint64_t sessions_polling = 0, sessions_websocket = 0;
  std::uint64_t sessions_opened = 0, sessions_closed = 0, upgrades = 0;
  std::uint64_t refused[6] = {};  // handshakes and requests, by code (ER-01 to ER-06)
  // Of these with code 4: because of allowed_origins, and of max_connections_per_address.
  std::uint64_t origins_refused = 0, addresses_refused = 0;
  std::uint64_t http_connections_refused = 0;  // by max_http_connections_per_address
  std::uint64_t messages_in = 0, bytes_in = 0, messages_out = 0, bytes_out = 0;
  std::uint64_t dropped_messages = 0, dropped_bytes = 0;  // by the overflow policy
  // Compression. "plain" is before it, as the application sees it; of WebSocket messages without
  // the heads of frames. `deflated` is how often a message was compressed: a broadcast once,
  // however many get it; `deflated_out` counts each of these.
  std::uint64_t http_compressed = 0;  // polling answers
  std::uint64_t http_compressed_plain_bytes = 0, http_compressed_bytes = 0;
  std::uint64_t deflated = 0, deflated_out = 0;
  std::uint64_t deflated_out_plain_bytes = 0, deflated_out_bytes = 0;
  std::uint64_t deflated_in = 0, deflated_in_plain_bytes = 0, deflated_in_bytes = 0;
  std::uint64_t sockets = 0;  // now: connected sockets of all namespaces
  std::uint64_t connects = 0, connects_refused = 0;
  std::uint64_t events_in = 0, events_out = 0, acks_in = 0, acks_out = 0;
  std::uint64_t pending_acks = 0;  // now
  std::uint64_t acks_timed_out = 0, acks_disconnected = 0, acks_unknown = 0;
  std::uint64_t invalid_arguments = 0, handler_exceptions = 0, volatile_dropped = 0;
  std::uint64_t namespaces_refused = 0;          // by dynamic_namespaces_max
  std::uint64_t rooms_refused = 0;               // by rooms_per_socket_max and room_name_bytes_max
  std::uint64_t disconnects[reason_count] = {};  // by socketio::reason
  // Connection state recovery: what became of the clients that came, by recovery_outcome. Now:
  // clients that may come back, and what is kept of the events for them.
  std::uint64_t recoveries[recovery_outcomes] = {};
  std::uint64_t recovery_sessions = 0, recovery_log_events = 0, recovery_log_bytes = 0;
  std::uint64_t posted_bytes = 0;      // now: of events that other threads emitted, see the options
  std::uint64_t posts_refused = 0;     // of them, because posted_bytes_max was reached
  std::uint64_t handlers_blocked = 0;  // for server_options::blocked_after or longer
  std::uint64_t turns_blocked = 0;     // the same, by many shorter calls
};

// A call of your code that kept its shard from all its other connections.
struct blocked_handler {
  // The event, or "on_connection", "middleware", "post", ... as for on_error(); or "turn": no
  // single call, but many together before other connections had their chance.
  std::string name;
  std::string nsp;  // the namespace; empty when it was called for none
  unsigned shard = 0;
  // At least: it is looked at, not measured. What ran before the first look is not in it, which is
  // up to a quarter of blocked_after.
  std::chrono::milliseconds time{0};
  bool over = false;  // it has ended, and this was all its time
};

// Threads. Whoever calls run() is the shard until run() returns; the only other thread is the one
// that watches for blocked handlers meanwhile. What says "any thread" below, and every call of the
// handles (sockets, namespaces, broadcasts), may be made at any time from anywhere: on the shard it
// happens at once; elsewhere, and before run(), it is queued and happens there, in the order of the
// calls of each thread. After run() has returned such calls are refused (false where they return a
// bool) and do nothing.
//
// What says "before run()" sets the server up: by one thread at a time, and not while another one
// begins to run it. What says "shard only" belongs into handlers and into post().
//
// Threads: run() uses `server_options::threads` of them, the caller's included; each is a shard
// with its own connections. All handlers of one socket run on its shard, one after the other; those
// of different sockets, of routes and of hooks may run at the same time when there are several
// shards, and what they share needs a lock of yours. Rooms, broadcasts and acknowledgements do not
// care where a socket is. What one thread sends to one socket arrives in the order of the calls.
// "The shard" below is the calling thread's own, or the first one when it is none.
//
// Destroy it where no handler of it runs: inside one of its handlers the program is ended.
class server : public namespace_api {
 public:
  // Throws std::invalid_argument if the options cannot work. Nothing a peer does ever throws.
  explicit server(server_options options = {});
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();  // as close(), then waits for what runs

  // The namespace of that name, created on first use. A leading "/" is added when missing (NS-01).
  // Any thread.
  nsp of(std::string_view name);
  nsp of(std::string_view name, detail::plain_function<void(socket)> on_connection);
  // A parent namespace: clients may make every namespace whose name this regular expression finds a
  // match in, or that this function allows; see <socketio/parent_nsp.hpp>. Parents are asked in the
  // order of these calls, and the first that allows a name is the parent; one that throws does not
  // allow it. Namespaces that you name yourself are looked up first, and are children too when an
  // expression matches (NS-05). Names that come from peers are at most namespace_name_bytes_max
  // long when they get here. Any thread.
  parent_nsp of(pattern expression);
  template <detail::regular_expression Expression>
  parent_nsp of(const Expression&) {
    static_assert(!detail::regular_expression<Expression>,
                  "give a socketio::pattern: on a name that a peer has chosen a std::regex may "
                  "take for ever");
    return of(pattern(""));
  }
  template <detail::one_signature Function>
  parent_nsp of(Function function) {
    return add_parent(detail::make_namespace_check(std::move(function)), {});
  }
  nsp sockets() { return of("/"); }
  // A namespace was created, except "/" (SV-08). Called on the first shard. Any thread.
  listener_id on_new_namespace(std::function<void(nsp)> handler);
  // Removes a listener of the main namespace or one of on_new_namespace(). Any thread.
  void off(listener_id id) const;
  using namespace_api::off;
  // An exception of a handler, of a middleware or of posted work, and where it was thrown; by
  // default it is written to stderr. The server lives on, also when this handler throws. Called on
  // the shard, and by whoever calls close() after the end. Before run().
  void on_error(std::function<void(std::exception_ptr what, std::string_view where)> handler);

  // A handler blocks its shard for longer than server_options::blocked_after: told once while it is
  // still running, on a thread of its own, and then once when it has ended, on the shard, or on
  // that thread if it ended while it was told. Of several shards `handler` is told at the same
  // time. By default it is written to stderr. What `handler` throws is dropped. Before run().
  void on_blocked(std::function<void(const blocked_handler&)> handler);

  // Binds and starts accepting. Returns at once, except on another thread while the server runs:
  // then it waits for the shard. Connections are served once run() was called. Any thread.
  [[nodiscard]] std::error_code listen();
  // Listens to one more address, or to several: "0.0.0.0:3000", "[::1]:3000", ":3000" (the host of
  // the options), "unix:/run/app.sock". A socket file that nobody listens to any more is replaced,
  // and ours is removed by close(). std::errc::invalid_argument for what is no address.
  [[nodiscard]] std::error_code listen(std::string_view address);
  std::uint16_t port() const noexcept;  // the first bound port; 0 before listen(). Any thread.
  // What it listens to, in the order of the calls: "127.0.0.1:34567", "unix:/run/app.sock". Any
  // thread.
  std::vector<std::string> addresses() const;
  // Runs the shards until close() has finished; returns at once when that was before. A server that
  // only gets connections by adopt() runs without listen(). Any thread; a second one waits until
  // the first is done. Throws std::logic_error inside a handler, and std::system_error when a
  // thread for a shard cannot be had: then nothing has run, and it may be called again.
  void run();
  // Closes on any of these signals, for example SIGINT. Before run().
  void close_on_signals(std::initializer_list<int> signals = {2, 15});
  // Every socket leaves with "server shutting down", without a DISCONNECT packet, so that clients
  // come back (SV-09); then all connections are closed and run() returns. Meanwhile nobody comes in
  // (503). `done` is called on the first shard; after the end at once, by the caller. Any thread.
  void close(std::function<void()> done = {});

  // Replaces certificates, keys and all other tls_options but the limits of handshakes. Connections
  // live on as they are; every handshake that begins later sees the new ones, also with a ticket of
  // before. Throws as the constructor does, and then everything is as it was; std::logic_error when
  // the server was made without TLS. Reads the files on the calling thread. Any thread.
  void set_tls(tls_options options);
  void reload_certificates();  // the same with the same options: what the files hold now
  // Does that on any of these signals, for example SIGHUP; what goes wrong is told to on_error as
  // "reload_certificates". Before run().
  void reload_certificates_on_signals(std::initializer_list<int> signals = {1});
  // ---- operations (docs/operations.md)
  // Who hears what the server has to say, in the place of server_options::log. Before run().
  void on_log(log_sink sink);
  // One more limit for events of that name, as in server_options::rate_limits. Throws
  // std::invalid_argument if it cannot work. Before listen() and run().
  void limit(std::string event, rate_limit how);
  // A client was limited; by default that is a warning in the log. Called on its shard. Before
  // run().
  void on_rate_limited(std::function<void(const rate_limited&)> handler);
  // All series in Prometheus' text format (docs/metrics.md). What takes a walk through all sessions
  // (queues, rooms) may be five seconds old; serve_metrics() asks for a fresh one. Any thread.
  std::string metrics() const;
  void serve_metrics(std::string_view path = "/metrics");  // before run()
  // The first path answers 200 while all shards turn, and 503 when one has not for ten seconds; the
  // second one 200 while the server listens, does not drain and all checks agree, else 503 with the
  // reason. Before run().
  void serve_health(std::string_view health = "/healthz", std::string_view ready = "/readyz");
  // Asked by each request to the second path, on its shard, so it must not wait for anything: why
  // the application is not ready, or nothing. Before run().
  void on_ready_check(std::string name, std::function<std::optional<std::string>()> check);
  // Leaves in order: nobody new comes in, what has begun is finished, sessions are closed batch by
  // batch, each when its queue is empty, and then run() returns, at the deadline at the latest. To
  // clients it looks like close(). Once: later calls only add a `done`. Throws
  // std::invalid_argument if the options cannot work. Any thread.
  void drain(drain_options how = {}, std::function<void()> done = {});
  // Drains on any of these signals; a second one cuts what is left. Before run().
  void drain_on_signals(std::initializer_list<int> signals = {15}, drain_options how = {});

  // Your own HTTP beside it: routes, static files. Handlers run on the shard; they may answer later
  // and from any thread. Before run().
  router& routes() noexcept;
  template <class Handler>
  void get(std::string_view pattern, Handler handler) {
    routes().add("GET", pattern, std::move(handler));
  }
  template <class Handler>
  void post(std::string_view pattern, Handler handler) {
    routes().add("POST", pattern, std::move(handler));
  }
  // Serves a directory below a path: serve_static("/", "public"). Before run().
  void serve_static(std::string_view prefix, const std::string& directory);

  // Takes over a connection that your own HTTP server accepted: the file descriptor, and every byte
  // read from it so far, beginning with the request that matches path(). It is plain, also when
  // server_options::tls is set. The server owns the descriptor from here on and closes it, also
  // when it is no connection or the server has closed. Any thread.
  void adopt(int descriptor, std::string received);
  // The same with a parsed request: its head is put together again. Any thread.
  void adopt(int descriptor, const http_request& request, std::string received_behind_the_head);
  // Is this request for us, and not for your own routes (HS-02)? Any thread.
  bool matches(std::string_view target) const noexcept;

  engine_hooks& engine() noexcept;                 // to be set up before listen() and run()
  const server_options& options() const noexcept;  // any thread
  server_counters counters() const;                // sums of all shards; any thread, after listen()

  // Runs `work` on the shard, later in any case; what it throws goes to on_error as "post". False
  // when the server has stopped: then it will not run. Not counted by posted_bytes_max. Any thread.
  bool post(std::function<void()> work);
  // Runs a coroutine on the shard: at once when called there, else posted. What it throws goes to
  // on_error. False when the server has stopped. Any thread.
  bool start(task<> work);
  // Calls `work` on the shard once `delay` has passed since this call; not at all when the server
  // has stopped before. Never early, and late while the shard has messages to read that came
  // before: a shard that is behind with its work is late by as much. Any thread.
  void set_timeout(std::chrono::milliseconds delay, std::function<void()> work);

 private:
  parent_nsp add_parent(detail::namespace_check check,
                        std::function<bool(std::string_view)> pattern);

  friend class admin::instrumentation;
  class impl;
  explicit server(std::shared_ptr<impl> made);
  std::shared_ptr<impl> impl_;
};

}  // namespace socketio
