// A parameter must exist before it is decoded: refused, and the message says what to do.
#include <socketio/server.hpp>

struct account {
#ifdef MISUSE
  explicit account(int start) : balance(start) {}
#else
  explicit account(int start = 0) : balance(start) {}
#endif
  int balance;
};
SOCKETIO_FIELDS(account, balance);

void listen(const socketio::socket& to) {
  to.on("account", [](const account&) {});
}
