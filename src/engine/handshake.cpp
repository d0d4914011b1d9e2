// The checks of engine.io 6.6.11, build/server.js: verify() and handshake(), as pure functions.
// Tested by tests/unit/engine/handshake_test.cpp.
#include "engine/handshake.hpp"

#include "base/text.hpp"
#include "wire/json.hpp"

#include <algorithm>

namespace socketio::engine {
namespace {

void append_json_string(std::string_view text, std::string& out) {
  std::vector<std::span<const std::byte>> none;
  wire::json_output(out, none).string(text);
}

bool is_enabled(const std::optional<transport>& kind, const options& options) noexcept {
  if (!kind) return false;
  return *kind == transport::polling ? options.polling : options.websocket;
}

// Control characters other than TAB, and DEL (ER-16).
bool has_illegal_byte(std::string_view value) noexcept {
  return std::any_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

std::string number_of(revision what) { return std::to_string(static_cast<int>(what)); }

// Without the field it is no page of a browser, or one of the same origin: browsers leave it
// out of such a GET, and send it with every WebSocket.
bool is_foreign(const http_request& request, const options& options) {
  const auto origin = request.headers.find("Origin");
  if (!origin || options.allowed_origins.empty()) return false;
  return std::ranges::none_of(options.allowed_origins,
                              [&](const auto& one) { return same_word(one, *origin); });
}

// A request for a session that exists or not.
std::optional<refusal> verify_session(const http_request& request, const parameters& asked,
                                      const session_facts& session, const options& options) {
  if (!session.known) {
    return make_refusal(handshake_error::unknown_sid, {{"sid", std::string(asked.sid)}});
  }
  if (!is_upgrade(request, options) && session.current != *asked.kind) {
    return make_refusal(handshake_error::bad_request,
                        {{"name", "TRANSPORT_MISMATCH"},
                         {"transport", std::string(to_string(*asked.kind))},
                         {"previousTransport", std::string(to_string(session.current))}});
  }
  if (is_upgrade(request, options) && !options.allow_upgrades &&
      options.refuse_unoffered_upgrades) {
    return make_refusal(handshake_error::bad_request, {{"name", "UPGRADE_NOT_ALLOWED"}});
  }
  if (asked.revision != session.spoken) {  // V3-13
    return make_refusal(handshake_error::bad_request,
                        {{"name", "PROTOCOL_MISMATCH"},
                         {"protocol", number_of(asked.revision)},
                         {"previousProtocol", number_of(session.spoken)}});
  }
  return std::nullopt;
}

// A request for a new session.
std::optional<refusal> verify_handshake(const http_request& request, const parameters& asked,
                                        const options& options) {
  if (request.method != "GET") {
    return make_refusal(handshake_error::bad_handshake_method, {{"method", request.method}});
  }
  if (*asked.kind == transport::websocket && !is_upgrade(request, options)) {
    return make_refusal(handshake_error::bad_request, {{"name", "TRANSPORT_HANDSHAKE_ERROR"}});
  }
  return std::nullopt;
}

}  // namespace

std::string_view message_of(handshake_error code) noexcept {
  switch (code) {
    case handshake_error::unknown_transport: return "Transport unknown";
    case handshake_error::unknown_sid: return "Session ID unknown";
    case handshake_error::bad_handshake_method: return "Bad handshake method";
    case handshake_error::bad_request: return "Bad request";
    case handshake_error::forbidden: return "Forbidden";
    case handshake_error::unsupported_protocol_version: return "Unsupported protocol version";
  }
  return {};
}

refusal make_refusal(handshake_error code,
                     std::vector<std::pair<std::string, std::string>> details) {
  refusal made{code, std::string(message_of(code)), {}, std::move(details)};
  for (const auto& [name, value] : made.details) {
    if (!made.context.empty()) made.context += ' ';
    made.context += name + '=' + value;
  }
  return made;
}

refusal forbid(std::string message) {
  refusal made = make_refusal(handshake_error::forbidden, {{"message", message}});
  if (!message.empty()) made.message = std::move(message);
  return made;
}

refusal forbid_origin(std::string_view origin) {
  refusal made = make_refusal(handshake_error::forbidden,
                              {{"name", "ORIGIN_NOT_ALLOWED"}, {"origin", std::string(origin)}});
  made.message = "Origin not allowed";
  made.status = 403;
  return made;
}

refusal forbid_address(std::string_view address) {
  refusal made = make_refusal(handshake_error::forbidden, {{"name", "TOO_MANY_CONNECTIONS"},
                                                           {"address", std::string(address)}});
  made.message = "Too many connections";
  made.status = 429;
  return made;
}

parameters read_parameters(const http_request& request) {
  parameters read;
  if (request.query["EIO"] == "4") read.revision = revision::four;
  const std::string_view name = request.query["transport"];
  for (const transport kind : {transport::polling, transport::websocket}) {
    if (name == to_string(kind)) read.kind = kind;
  }
  read.sid = request.query["sid"];
  read.text_only = !request.query["b64"].empty() || request.query.contains("j");
  return read;
}

std::optional<refusal> verify(const http_request& request, const parameters& asked,
                              const session_facts& session, const options& options) {
  if (!is_enabled(asked.kind, options)) {
    const auto name = request.query.find("transport");
    if (!name) return make_refusal(handshake_error::unknown_transport, {});
    return make_refusal(handshake_error::unknown_transport, {{"transport", std::string(*name)}});
  }
  if (const std::string_view origin = request.headers["Origin"]; has_illegal_byte(origin)) {
    return make_refusal(handshake_error::bad_request,
                        {{"name", "INVALID_ORIGIN"}, {"origin", std::string(origin)}});
  }
  if ((asked.sid.empty() || is_upgrade(request, options)) && is_foreign(request, options)) {
    return forbid_origin(request.headers["Origin"]);
  }
  if (!asked.sid.empty()) return verify_session(request, asked, session, options);
  return verify_handshake(request, asked, options);
}

// JS differs: engine.io 6.6.11, build/server.js, checks this after the 101 of an upgrade and then
// writes an HTTP answer into the WebSocket stream; here it is checked before, and the answer is an
// ordinary one (Q-01, ER-09).
std::optional<refusal> verify_revision(const parameters& asked, const options& options) {
  if (asked.revision == revision::four || options.allow_eio3) return std::nullopt;
  return make_refusal(handshake_error::unsupported_protocol_version,
                      {{"protocol", number_of(asked.revision)}});
}

http_response refuse(const refusal& why, bool upgrade) {
  http_response answer;
  answer.status = why.code == handshake_error::forbidden && !upgrade ? 403 : 400;
  if (why.status != 0) answer.status = why.status;
  if (upgrade) answer.headers.add("Connection", "close");
  if (upgrade && why.status == 0) {
    answer.headers.add("Content-Type", "text/html");
    answer.body = why.message;
    return answer;
  }
  answer.headers.add("Content-Type", "application/json");
  answer.body = "{\"code\":" + std::to_string(static_cast<int>(why.code)) + ",\"message\":";
  append_json_string(why.message, answer.body);
  answer.body += '}';
  return answer;
}

std::string open_packet(std::string_view sid, transport first, const options& options) {
  const bool upgrades = first == transport::polling && options.allow_upgrades && options.websocket;
  std::string packet = "0{\"sid\":";
  append_json_string(sid, packet);
  packet += upgrades ? ",\"upgrades\":[\"websocket\"]" : ",\"upgrades\":[]";
  packet += ",\"pingInterval\":" + std::to_string(options.ping_interval.count());
  packet += ",\"pingTimeout\":" + std::to_string(options.ping_timeout.count());
  packet += ",\"maxPayload\":" + std::to_string(options.max_http_buffer_size) + '}';
  return packet;
}

}  // namespace socketio::engine
