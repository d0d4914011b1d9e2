// io.engine(): the Engine.IO server below, for what concerns connections and not namespaces (HS-28,
// HS-29, HD-09 to HD-13): middlewares for every HTTP request, and hooks. Set all of it before
// listen(). Everything runs on the shard of the connection.
#pragma once

#include "socketio/disconnect_reason.hpp"
#include "socketio/http.hpp"
#include "socketio/middleware.hpp"
#include "socketio/result.hpp"
#include "socketio/value.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

// An HTTP request that the engine refused: a code of ER-01 to ER-06 and what led to it.
struct connection_error {
  int code = 0;
  std::string message;
  // An object with the fields of the official `context`: {"name":"TRANSPORT_MISMATCH","sid":...},
  // {"protocol":3}.
  value context;
};

// What a middleware knows of the answer to a request (HD-10, HD-11). The headers go with whatever
// is answered in the end: a poll, an error, the 101 of a WebSocket. They, and the request, are the
// middleware's until it calls next() or end(), also on another thread; what it says later is
// ignored.
class http_reply {
 public:
  class state;
  http_reply(std::shared_ptr<state> of, std::size_t turn) noexcept
      : state_(std::move(of)), turn_(turn) {}

  std::optional<std::string> get(std::string_view name) const;
  void set(std::string_view name, std::string value) const;
  void add(std::string_view name, std::string value) const;  // a second Set-Cookie
  void remove(std::string_view name) const;
  // Answers instead of the engine, once, in the place of next(). An upgrade ends with it: a
  // browser only sees that it failed. Any thread.
  void end(http_response answer) const;

 private:
  std::shared_ptr<state> state_;
  std::size_t turn_;  // of which middleware
};

// Express style: go on with next(), now or later and on any thread, or answer with reply.end().
// next("text") refuses with 400 and code 3; the text stays here. So does what is thrown, which
// on_error is told of. A request for which nothing of this happens is answered with 500 once the
// last copy of `next` and `reply` is gone.
using engine_middleware =
    std::function<void(http_request& request, const http_reply& reply, next_fn next)>;

// The same for the first request of a session only (HD-12).
engine_middleware handshake_only(engine_middleware what);

class engine_hooks {
 public:
  // HD-10: `what` sees every HTTP request for the path, upgrades included, in the order of these
  // calls: behind CORS and before anything is verified. Requests for the browser's client are not
  // among them.
  engine_hooks& use(engine_middleware what) {
    middlewares_.push_back(std::move(what));
    return *this;
  }
  // Sessions that are open now; on all shards. Any thread, after listen().
  std::size_t clients_count() const { return count_ ? count_() : 0; }

  std::function<void(std::string_view sid, std::string_view transport)> on_open;
  std::function<void(std::string_view sid)> on_upgrading, on_upgrade, on_heartbeat;
  std::function<void(std::string_view sid, const disconnect_reason&)> on_close;
  // HS-29 `message` and `packetCreate`: every message that came in, and every one that was queued,
  // for logs and meters: "2[\"hello\"]", or the bytes of an attachment. on_message is called before
  // the handlers of the message, on_packet_create after the work that sent it. Sessions pay for it
  // only when one of the two is set.
  std::function<void(std::string_view sid, bool binary, std::string_view message)> on_message,
      on_packet_create;
  std::function<void(const http_request&, const connection_error&)> on_connection_error;
  // May change the response headers: of the first response of a session, and of every response of
  // the transports.
  std::function<void(http_headers&, const http_request&)> on_initial_headers, on_headers;
  // May refuse a handshake. `decide` is called once, now or later and on any thread: nothing =
  // allowed, a text = refused with 403 and that text ("Forbidden" when it is empty).
  std::function<void(const http_request&, std::function<void(std::optional<std::string>)> decide)>
      allow_request;
  // A session id of your own (HS-11), of any length; it travels in URLs, so it should need no
  // escaping there. Nothing or an empty text = the usual id. An id that is in use, or anything
  // thrown, refuses the handshake (400, code 3).
  std::function<std::optional<std::string>(const http_request&)> generate_id;
  // The same for an id that takes its time; wins over generate_id. `give` is called once, now or
  // later and on any thread, with the id or with why there is none.
  std::function<void(const http_request&, std::function<void(result<std::string>)> give)>
      generate_id_later;

 private:
  friend class server;
  std::vector<engine_middleware> middlewares_;
  std::function<std::size_t()> count_;
};

}  // namespace socketio
