// Drives Engine.IO sessions over HTTP and WebSocket: one per shard. Requests whose path matches
// come in as exchanges; sessions and their messages go up to the `server` floor. This is the one
// place where engine::session meets sockets and timers: its driver (see engine/session.hpp).
//
// The files: engine_server.cpp (what a request goes through), engine_admission.cpp (the handshake),
// engine_session.cpp (events, actions, timer),
// engine_polling.cpp (GET and POST), engine_upgrade.cpp (candidates). Tested by
// tests/unit/net/engine_*_test.cpp over scripted connections.
#pragma once

#include "base/counter.hpp"
#include "base/executor.hpp"
#include "base/random.hpp"
#include "base/session_id.hpp"
#include "engine/cors.hpp"
#include "engine/handshake.hpp"
#include "engine/session.hpp"
#include "net/http.hpp"
#include "net/shard_compression.hpp"
#include "socketio/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace socketio::net {

class engine_session;

// The application's end of a session; owned by the `server` floor, told by engine_session.
// Every call may send, close, or do nothing; `self` stays valid during the call. Nothing may be
// thrown.
class session_sink {
 public:
  virtual ~session_sink() = default;
  virtual void on_message(engine::message_kind format, std::string_view data) = 0;
  virtual void on_upgrading() {}  // the candidate was probed (HS-29)
  virtual void on_upgraded() = 0;
  virtual void on_heartbeat() {}  // a pong arrived
  // So many messages for the peer were dropped by the policy of the queue; inside send().
  virtual void on_dropped(std::uint32_t /*messages*/) {}
  // The server leaves: say goodbye and close.
  virtual void on_server_leaves() {}
  // Everything queued was handed to the operating system; called when hears_drained() is true.
  virtual void on_drained() {}
  virtual bool hears_drained() const { return false; }
  virtual void on_closed(
      const disconnect_reason& why) = 0;  // last call; the engine_session goes away afterwards
};

// Handle of one session, valid until on_closed returns. Shard only.
class engine_session {
 public:
  virtual ~engine_session() = default;
  // Unique on this shard. What the peer knows it as is sid(): the same text, unless
  // engine_hooks::generate_id gave something that is not 20 characters long (HS-11).
  virtual const session_id& id() const noexcept = 0;
  virtual std::string_view sid() const noexcept = 0;
  virtual engine::revision spoken() const noexcept = 0;
  virtual engine::transport transport() const noexcept = 0;
  virtual engine::session::state state() const noexcept = 0;
  virtual bool writable() const noexcept = 0;
  virtual std::size_t queued_bytes() const noexcept = 0;
  // Asks for the memory that send() will touch: step 0, and some time later step 1.
  virtual void fetch_ahead(int step) const noexcept = 0;
  // Sends one Socket.IO packet (a text frame and its attachments). Over the limit the policy of the
  // options applies; when it says close, the session is closed with cause::slow_consumer (on_closed
  // follows soon).
  virtual engine::send_queue::outcome send(std::span<const wire::frame> group) = 0;
  // The sink hears on_drained() from now on, or not any more; as its hears_drained().
  virtual void tell_drained(bool /*wanted*/) {}
  // Reads nothing more of the peer until then (over polling: the POST that is being handled is not
  // answered before). The heartbeat gives nobody up meanwhile.
  virtual void pause_reading(time_point /*until*/) {}
  // on_closed follows, but never inside this call: at the end of this turn or in the next one when
  // state() is `closed` now; when it is `closing`, a polling client has to fetch the close first
  // (SV-12 makes a difference of it).
  virtual void close(reason why, cause what, std::string detail, bool discard = false) = 0;
};

// Written by the shard, read by any thread.
struct engine_counters {
  counter sessions;  // open now
  counter polling;   // of these, by current transport
  counter websocket;
  counter opened_total;
  counter closed_total;
  counter upgrades_total;
  counter refused_total[engine::handshake_errors];  // by handshake_error
  counter closed_by_cause[256];
  counter messages_in, bytes_in;
  counter messages_out, bytes_out;          // accepted by the queues
  counter dropped_messages, dropped_bytes;  // by the queue policy
};

struct engine_hooks {
  // A session opened: returns its sink (not owned here, must live until on_closed). `request` is
  // the first HTTP request, valid during the call.
  std::function<session_sink*(engine_session&, const http_request& request)> on_session;
  // HS-28 connection_error; for logs.
  std::function<void(const http_request&, const engine::refusal&)> on_refused;
  // HD-09: may change headers. `initial_headers` once per session, `headers` for every response of
  // the transport.
  std::function<void(http_headers&, const http_request&)> on_initial_headers, on_headers;
  // HD-13: may refuse a handshake; answers once, now or later, on the shard. nullopt: allowed; else
  // the message of the 403
  // ("Forbidden" when empty).
  std::function<void(const http_request&, std::function<void(std::optional<std::string>)>)>
      allow_request;
  // How long the peer has to wait before it may try again; nothing: it may come in.
  std::function<std::optional<duration>(const http_request&)> limit_handshake;
  // HS-11: a custom session id; empty: the default generator. An exception, or an id that is in
  // use, refuses the handshake (code 3).
  std::function<std::string(const http_request&)> generate_id;
  // The same, once, now or later, on the shard: an error instead of an exception.
  std::function<void(const http_request&, std::function<void(result<std::string>)>)>
      generate_id_later;
  // What they gave belongs to no session after all.
  std::function<void(std::string_view)> on_id_unused;
  // HD-10: sees every request before it is verified, and has it until it gives it back: once, now
  // or later, on the shard. `failed`: it is refused.
  using go_on = std::function<void(std::shared_ptr<exchange>, bool failed)>;
  std::function<void(std::shared_ptr<exchange>, go_on)> middlewares;
  // HD-08: the first polling response of this session; comes before on_initial_headers.
  std::function<void(http_headers&, std::string_view sid)> on_first_poll;
  // A session is about to open, unless it is refused; on_unopened() follows if it did not after
  // all.
  std::function<std::optional<engine::refusal>(const http_request&)> may_open;
  std::function<void(const http_request&)> on_unopened;
};

class engine_server {
 public:
  // `shard`, `random`, `options` and `cors` must outlive the server. No CORS headers when `cors` is
  // nullptr (HD-01). Session ids name the shard by its index.
  engine_server(executor& shard, random_source& random, const engine::options& options,
                const cors_options* cors, engine_hooks hooks, unsigned shard_index = 0);
  // Cuts what is left without telling the sinks: call close_all() before, and let a turn pass.
  ~engine_server();
  engine_server(const engine_server&) = delete;
  engine_server& operator=(const engine_server&) = delete;

  // Answers an Engine.IO request, whatever it takes (keeps polls open, upgrades, refuses).
  void handle(std::shared_ptr<exchange> request);
  // SV-09: closes every session with the given reason, without waiting for the peers. on_closed
  // follows. From now on handshakes are answered 503, also those that wait for allow_request.
  void close_all(reason why, cause what);
  // From now on nobody new comes in, as above; the sessions go on.
  void refuse_handshakes() noexcept;
  // Tells up to `most` sessions on_server_leaves(): of those that have not been told and have
  // nothing queued. Returns how many it told.
  std::size_t let_go(std::size_t most);

  const engine_counters& counters() const noexcept;
  // What waits in the queues of all sessions now. Walks through all of them.
  struct queue_totals {
    std::size_t bytes = 0, sessions = 0, largest = 0;
  };
  queue_totals queues() const noexcept;
  const http_compression_counters& http_compression() const noexcept;
  const wire::deflate_counters* deflate() const noexcept;  // nullptr when it is off

  class impl;  // for the files of the driver only

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace socketio::net
