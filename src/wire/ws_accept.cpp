// The server's proof that it read the handshake: RFC 6455, section 4.2.2, step 5.4.
#include "base/base64.hpp"
#include "base/sha1.hpp"
#include "wire/ws_frame.hpp"

namespace socketio::wire {

std::string ws_accept_value(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const auto digest = sha1(text);
  std::string value;
  append_base64({digest.data(), digest.size()}, value);
  return value;
}

}  // namespace socketio::wire
