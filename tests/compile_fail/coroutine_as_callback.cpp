// Nobody would run it: the callback of an acknowledgement cannot be a coroutine.
#include <socketio/server.hpp>

void ask(const socketio::socket& who) {
#ifdef MISUSE
  who.emit("your name?", [](std::error_code, std::string) -> socketio::task<> { co_return; });
#else
  who.emit("your name?", [](std::error_code, std::string) {});
#endif
}
