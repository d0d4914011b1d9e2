// Is this HTTP request acceptable to Engine.IO? Pure functions in the order of the official server
// (HS-06), with its error codes and bodies (ER-01 to ER-08). Tested by
// tests/unit/engine/handshake_test.cpp.
#pragma once

#include "engine/options.hpp"
#include "socketio/http.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio::engine {

enum class handshake_error : std::uint8_t {
  unknown_transport = 0,
  unknown_sid = 1,
  bad_handshake_method = 2,
  bad_request = 3,
  forbidden = 4,
  unsupported_protocol_version = 5,
};
inline constexpr std::size_t handshake_errors = 6;
std::string_view message_of(handshake_error code) noexcept;

// What `connection_error` reports (HS-28).
struct refusal {
  handshake_error code;
  std::string message;  // of the body
  std::string
      context;  // the details in one line for logs: "name=TRANSPORT_MISMATCH transport=polling ..."
  // The fields of the official `context` object, in its order. `protocol` and `previousProtocol`
  // are numbers there.
  std::vector<std::pair<std::string, std::string>> details;
  // Instead of the official status. What the original does not know is answered properly on
  // upgrades too, with this status and JSON.
  unsigned status = 0;
};
refusal make_refusal(handshake_error code,
                     std::vector<std::pair<std::string, std::string>> details);
// `message` is what allowRequest said; empty means the usual text (ER-05).
refusal forbid(std::string message);
// the Origin is not one of options::allowed_origins.
refusal forbid_origin(std::string_view origin);
// More sessions of one address than are allowed.
refusal forbid_address(std::string_view address);

// The parameters of an Engine.IO request (HS-05).
struct parameters {
  engine::revision revision = revision::three;  // EIO: 4, everything else means 3
  std::optional<transport> kind;
  std::string_view sid;  // empty: a new session
  bool text_only = false;
};
parameters read_parameters(const http_request& request);

// Is the request to be answered as an upgrade? Without the websocket transport nobody listens for
// upgrades and the request is an ordinary one, as with Node's HTTP server.
inline bool is_upgrade(const http_request& request, const options& options) noexcept {
  return request.upgrade && options.websocket;
}

// The session that the request names, if any.
struct session_facts {
  bool known = false;
  transport current = transport::polling;
  revision spoken = revision::four;
};

// nullopt: go on. Checks transport, origin, then either the sid or the handshake rules.
std::optional<refusal> verify(const http_request& request, const parameters& asked,
                              const session_facts& session, const options& options);

// For new sessions, after allow_request: revision 3 is served when it is allowed (code 5, V3-01).
std::optional<refusal> verify_revision(const parameters& asked, const options& options);

// The answer to a refused request: JSON, 400 or 403 (ER-07); on an upgrade, text/html with
// Connection: close (ER-08).
http_response refuse(const refusal& why, bool upgrade);

// The open packet with its type character: 0{"sid":...} (HS-07, HS-08, HS-09).
std::string open_packet(std::string_view sid, transport first, const options& options);

}  // namespace socketio::engine
