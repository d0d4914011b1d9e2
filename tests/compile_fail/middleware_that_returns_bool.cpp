// A middleware that refuses must say why: true and false are no reasons.
#include <socketio/server.hpp>

void guard(const socketio::server& io) {
#ifdef MISUSE
  io.use([](const socketio::socket& who) { return who.handshake().secure; });
#else
  io.use([](const socketio::socket& who) -> std::optional<socketio::connect_error> {
    if (who.handshake().secure) return std::nullopt;
    return socketio::connect_error("come by TLS");
  });
#endif
}
