// Nobody would run it: listeners take no coroutine, but may start one.
#include <socketio/client.hpp>

void listen(const socketio::client_socket& to) {
#ifdef MISUSE
  to.on_connect([]() -> socketio::task<void> { co_return; });
#else
  to.on_connect([to] { to.start([]() -> socketio::task<void> { co_return; }()); });
#endif
}
