// More members than are found by themselves: refused, and the message says what to do.
#include <socketio/server.hpp>

struct account {
  int a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0;
  int j = 0, k = 0, l = 0, m = 0, n = 0, o = 0, p = 0, q = 0;
};
#ifndef MISUSE
SOCKETIO_FIELDS(account, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q);
#endif

void listen(const socketio::socket& to) {
  to.on("account", [](const account&) {});
}
