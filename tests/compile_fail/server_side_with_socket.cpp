// An event between servers comes from no client.
#include <socketio/server.hpp>

void listen(socketio::server& io) {
#ifdef MISUSE
  io.on_server_side("x", [](const socketio::socket&, int) {});
#else
  io.on_server_side("x", [](int) {});
#endif
}
