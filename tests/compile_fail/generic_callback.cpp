// A callback's parameter types are what the answer is decoded to, so it cannot be generic.
#include <socketio/server.hpp>

void ask(const socketio::socket& who) {
#ifdef MISUSE
  who.emit("your age?", [](auto error, auto age) { (void)error, (void)age; });
#else
  who.emit("your age?", [](std::error_code error, int age) { (void)error, (void)age; });
#endif
}
