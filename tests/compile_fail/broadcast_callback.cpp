// Many clients answer a broadcast: a callback for one answer is refused, and the message says what
// it must take.
#include <socketio/server.hpp>

void ask(const socketio::server& io) {
#ifdef MISUSE
  io.emit("a number?", [](std::error_code, int) {});
#else
  io.emit("a number?", [](std::error_code, std::vector<int>) {});
  io.emit("a number?", [](const socketio::broadcast_answers<int>&) {});
  int asked = 0;
  io.emit("a number?", [asked](std::error_code, std::vector<int>) mutable { asked++; });
#endif
}
