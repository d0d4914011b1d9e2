// Names of peers are not given to an expression that may take for ever.
#include <socketio/server.hpp>

#include <regex>

void listen(socketio::server& io) {
#ifdef MISUSE
  io.of(std::regex("^/room-\\d+$"));
#else
  io.of(socketio::pattern("^/room-\\d+$"));
#endif
}
