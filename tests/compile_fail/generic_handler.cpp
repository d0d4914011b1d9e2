// A handler's parameter types are its schema, so it cannot be generic.
#include <socketio/server.hpp>

void listen(const socketio::socket& from) {
#ifdef MISUSE
  from.on("chat", [](auto text) { (void)text; });
#else
  from.on("chat", [](std::string text) { (void)text; });
#endif
}
