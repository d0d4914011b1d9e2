// A handler of an event declared without an acknowledgement must not return one.
#include <socketio/server.hpp>

inline constexpr socketio::event<"typing", bool> typing;

void listen(const socketio::socket& from) {
#ifdef MISUSE
  from.on(typing, [](bool) { return 1; });
#else
  from.on(typing, [](bool) {});
#endif
}
