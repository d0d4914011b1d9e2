// The members of a base are not found by themselves: refused, and the message says what to do.
#include <socketio/server.hpp>

struct entity {
  int id = 0;
};
struct account : entity {
  int balance = 0;
};
#ifndef MISUSE
SOCKETIO_FIELDS(account, id, balance);
#endif

void listen(const socketio::socket& to) {
  to.on("account", [](const account&) {});
}
