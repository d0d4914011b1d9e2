// See websocket_handshake.hpp.
#include "net/websocket_handshake.hpp"

#include "base/http_text.hpp"
#include "wire/ws_frame.hpp"

#include <string>
#include <string_view>

namespace socketio::net {
namespace {

// Base64 of 16 bytes: 22 characters and two of padding.
bool is_key(std::string_view key) noexcept {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.substr(0, 22).find_first_not_of(alphabet) == key.npos;
}

http_response refuse(std::string text) {
  http_response response = http_response::text(400, std::move(text));
  response.headers.set("Connection", "close");
  return response;
}

}  // namespace

http_response answer_websocket_handshake(const http_request& request) {
  if (!request.upgrade)
    return refuse("not a WebSocket handshake: upgrade and connection are missing");
  if (request.method != "GET") return refuse("not a WebSocket handshake: the method is not GET");
  if (request.version != 11) return refuse("not a WebSocket handshake: HTTP/1.1 is needed");
  if (trimmed(request.headers["Sec-WebSocket-Version"]) != "13") {
    http_response response = refuse("the supported WebSocket version is 13");
    response.headers.set("Sec-WebSocket-Version", "13");
    return response;
  }
  const std::string_view key = trimmed(request.headers["Sec-WebSocket-Key"]);
  if (!is_key(key)) return refuse("not a WebSocket handshake: the key is not base64 of 16 bytes");

  http_response response;
  response.status = 101;
  response.headers.add("Upgrade", "websocket");
  response.headers.add("Sec-WebSocket-Accept", wire::ws_accept_value(key));
  if (const auto offered = request.headers.find("Sec-WebSocket-Protocol")) {
    const std::string_view first = trimmed(offered->substr(0, offered->find(',')));
    if (!first.empty()) response.headers.add("Sec-WebSocket-Protocol", std::string(first));
  }
  return response;
}

}  // namespace socketio::net
