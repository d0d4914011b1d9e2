// A Socket.IO client on raw_client: it reads only when the test says so. Over WebSocket, or over
// polling with one connection per session.
#pragma once

#include "support/raw_client.hpp"

#include <string>
#include <string_view>

namespace socketio::test {

class raw_websocket {
 public:
  // Connected to the main namespace when `join` is true.
  explicit raw_websocket(std::uint16_t port, int receive_buffer = 0, bool join = true);
  // One more on a connection that the test made; sends the handshake.
  void open(bool join);

  void emit(std::string_view packet) { peer.send(text_frame("42" + std::string(packet))); }
  // The next Socket.IO packet ("2[...]", "0{...}"); pings are answered on the way. Empty: the
  // connection ended, or nothing came in time.
  std::string read();

  raw_client peer;
  std::string handshake;  // of Engine.IO
  std::string sid;        // of the socket
};

class raw_polling {
 public:
  explicit raw_polling(std::uint16_t port);
  void emit(std::string_view packet) { send("42" + std::string(packet)); }
  // The records of the next poll, joined by 0x1E as they came; empty when the session is gone.
  std::string poll();

  raw_client peer;
  std::string session;

 private:
  void send(std::string_view packets);
};

}  // namespace socketio::test
