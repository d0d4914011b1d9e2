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

#include "socketio/engine.hpp"
#include "socketio/nsp.hpp"
#include "socketio/router.hpp"
#include "socketio/server_options.hpp"
#include "socketio/task.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace socketio {

// What the server counts; a snapshot. Totals since the start unless the comment says "now".
struct server_counters {
  std::uint64_t http_connections = 0;  // now
  std::uint64_t http_requests = 0, http_bad_requests = 0;
  std::uint64_t sessions = 0;  // now: Engine.IO sessions, by transport
  std::uint64_t sessions_polling = 0, sessions_websocket = 0;
  std::uint64_t sessions_opened = 0, sessions_closed = 0, upgrades = 0;
  std::uint64_t refused[6] = {};  // handshakes and requests, by code (ER-01 to ER-06)
  std::uint64_t messages_in = 0, bytes_in = 0, messages_out = 0, bytes_out = 0;
  std::uint64_t dropped_messages = 0, dropped_bytes = 0;  // by the overflow policy
  std::uint64_t sockets = 0;  // now: connected sockets of all namespaces
  std::uint64_t connects = 0, connects_refused = 0;
  std::uint64_t events_in = 0, events_out = 0, acks_in = 0, acks_out = 0;
  std::uint64_t pending_acks = 0;  // now
  std::uint64_t acks_timed_out = 0, acks_disconnected = 0, acks_unknown = 0;
  std::uint64_t invalid_arguments = 0, handler_exceptions = 0, volatile_dropped = 0;
  std::uint64_t rooms_refused = 0;    // by rooms_per_socket_max and room_name_bytes_max
  std::uint64_t disconnects[9] = {};  // by socketio::reason
};

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
  nsp sockets() { return of("/"); }
  // A namespace was created, except "/" (SV-08).
  listener_id on_new_namespace(std::function<void(nsp)> handler);
  // An exception of a handler or middleware, and where it was thrown. Set before listen(); by
  // default it is written to stderr. The server lives on.
  void on_error(std::function<void(std::exception_ptr what, std::string_view where)> handler);

  // Binds and starts accepting; does not block.
  std::error_code listen();
  std::uint16_t port() const noexcept;  // the bound port; 0 before listen()
  // Runs the shards until close() has finished. Handlers run here.
  void run();
  // Closes on any of these signals, for example SIGINT. Call before run().
  void close_on_signals(std::initializer_list<int> signals = {2, 15});
  // Every socket leaves with "server shutting down", without a DISCONNECT packet, so that clients
  // come back (SV-09); then all connections are closed and run() returns. `done` is called on the
  // shard. Any thread.
  void close(std::function<void()> done = {});

  // Your own HTTP beside it: routes, static files. Add before listen().
  router& routes() noexcept;
  template <class Handler>
  void get(std::string_view pattern, Handler handler) {
    routes().add("GET", pattern, std::move(handler));
  }
  template <class Handler>
  void post(std::string_view pattern, Handler handler) {
    routes().add("POST", pattern, std::move(handler));
  }
  // Serves a directory below a path: serve_static("/", "public").
  void serve_static(std::string_view prefix, const std::string& directory);

  // Takes over a connection that your own HTTP server accepted: the file descriptor, and every byte
  // read from it so far, beginning with the request that matches path(). The server owns and closes
  // the descriptor. Any thread.
  void adopt(int descriptor, std::string received);
  // The same with a parsed request: its head is put together again.
  void adopt(int descriptor, const http_request& request, std::string received_behind_the_head);
  // Is this request for us, and not for your own routes (HS-02)?
  bool matches(std::string_view target) const noexcept;

  engine_hooks& engine() noexcept;
  const server_options& options() const noexcept;
  server_counters counters() const;  // shard only

  // Runs `work` on the shard, where shard-only calls are allowed. False when the server has
  // stopped. Any thread.
  bool post(std::function<void()> work);
  // Runs a coroutine on the shard: at once when called there, else posted. What it throws goes to
  // on_error. False when the server has stopped. Any thread.
  bool start(task<> work);
  // Calls `work` on the shard after `delay`; once. Any thread.
  void set_timeout(std::chrono::milliseconds delay, std::function<void()> work);

 private:
  class impl;
  explicit server(std::shared_ptr<impl> made);
  std::shared_ptr<impl> impl_;
};

}  // namespace socketio
