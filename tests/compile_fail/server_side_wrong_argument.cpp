// What was declared holds between servers, too.
#include <socketio/server.hpp>

inline constexpr socketio::event<"move", int, int> move_event;

void tell(socketio::server& io) {
#ifdef MISUSE
  io.server_side_emit(move_event, 1, "two");
#else
  io.server_side_emit(move_event, 1, 2);
#endif
}
