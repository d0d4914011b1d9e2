// `rest` leaves nothing for the parameters behind it: refused, and the message says what to do.
#include <socketio/server.hpp>

void listen(const socketio::socket& to) {
#ifdef MISUSE
  to.on("event", [](socketio::rest, int) {});
#else
  to.on("event", [](int, socketio::rest) {});
  to.on("asked", [](int, socketio::rest, socketio::ack<int> answer) { answer(1); });
#endif
}
