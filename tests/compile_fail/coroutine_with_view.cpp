// Views end with the call, a coroutine does not: it must take values.
#include <socketio/server.hpp>

void listen(const socketio::socket& from) {
#ifdef MISUSE
  from.on("chat", [](std::string_view text) -> socketio::task<int> {
    co_return static_cast<int>(text.size());
  });
#else
  from.on("chat",
          [](std::string text) -> socketio::task<int> { co_return static_cast<int>(text.size()); });
#endif
}
