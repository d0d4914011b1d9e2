// io.engine(): the Engine.IO server below, for what concerns connections and not namespaces (HS-28,
// HD-09, HD-13). Set the hooks before listen(). They run on the shard.
#pragma once

#include "socketio/disconnect_reason.hpp"
#include "socketio/http.hpp"
#include "socketio/value.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

// An HTTP request that the engine refused: a code of ER-01 to ER-06 and what led to it.
struct connection_error {
  int code = 0;
  std::string message;
  // An object with the fields of the official `context`: {"name":"TRANSPORT_MISMATCH","sid":...},
  // {"protocol":3}.
  value context;
};

struct engine_hooks {
  std::function<void(std::string_view sid, std::string_view transport)> on_open;
  std::function<void(std::string_view sid)> on_upgrading, on_upgrade, on_heartbeat;
  std::function<void(std::string_view sid, const disconnect_reason&)> on_close;
  std::function<void(const http_request&, const connection_error&)> on_connection_error;
  // May change the response headers: of the first response of a session, and of every response of
  // the transports.
  std::function<void(http_headers&, const http_request&)> on_initial_headers, on_headers;
  // May refuse a handshake. `decide` is called once, now or later, on the shard: nothing = allowed,
  // a text = refused with 403 and that text ("Forbidden" when it is empty).
  std::function<void(const http_request&, std::function<void(std::optional<std::string>)> decide)>
      allow_request;
  // A session id of your own (HS-11), of any length; it travels in URLs, so it should need no
  // escaping there. Nothing or an empty text = the usual id. An id that is in use, or anything
  // thrown, refuses the handshake (400, code 3).
  std::function<std::optional<std::string>(const http_request&)> generate_id;
};

}  // namespace socketio
