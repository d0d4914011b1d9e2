// Whoever decides about names answers: by bool, by a task of it, or through allow_fn.
#include <socketio/server.hpp>

void listen(socketio::server& io) {
#ifdef MISUSE
  io.of([](std::string_view) {});
#else
  io.of([](std::string_view) { return true; });
#endif
}
