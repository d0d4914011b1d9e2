// Nobody would run it: on_connection() takes no coroutine, but may start one.
#include <socketio/server.hpp>

socketio::task<> greet(socketio::socket who) { co_await who.emit_with_ack<void>("hello"); }

void listen(socketio::server& io) {
#ifdef MISUSE
  io.on_connection(greet);
#else
  io.on_connection([&io](socketio::socket who) { io.start(greet(who)); });
#endif
}
