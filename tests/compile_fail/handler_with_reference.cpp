// Arguments are handed over: nobody would see what a handler writes into a reference.
#include <socketio/server.hpp>

void listen(const socketio::socket& from) {
#ifdef MISUSE
  from.on("chat", [](std::string& text) { text += "!"; });
#else
  from.on("chat", [](std::string text) { text += "!"; });
  from.on("chat", [](const std::string&) {});
  from.on("chat", [](socketio::socket&, std::string&&) {});
#endif
}
