// See websocket_handshake.hpp.
#include "net/websocket_handshake.hpp"

#include "base/http_text.hpp"
#include "wire/ws_frame.hpp"

#include <string>
#include <string_view>
#include <utility>

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

// Several fields are one list (RFC 9110, section 5.3).
std::string offered_extensions(const http_request& request) {
  std::string all;
  for (const auto& [name, value] : request.headers) {
    if (!same_word(name, "Sec-WebSocket-Extensions")) continue;
    if (!all.empty()) all += ',';
    all += value;
  }
  return all;
}

}  // namespace

http_response answer_websocket_handshake(const http_request& request,
                                         const deflate_options* deflate,
                                         std::optional<wire::deflate_parameters>& agreed) {
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
  if (!deflate) return response;
  auto answer = wire::negotiate_deflate(offered_extensions(request), *deflate);
  switch (answer.what) {
    case wire::deflate_answer::kind::declined: break;
    case wire::deflate_answer::kind::malformed:
      return refuse("not a WebSocket handshake: the extensions are not a list of extensions");
    case wire::deflate_answer::kind::accepted:
      agreed = answer.agreed;
      response.headers.add("Sec-WebSocket-Extensions", std::move(answer.header));
      break;
  }
  return response;
}

}  // namespace socketio::net
