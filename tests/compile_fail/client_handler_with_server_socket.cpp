// The first parameter of a client's handler may be its client_socket, not a socket of a server.
#include <socketio/client.hpp>
#include <socketio/server.hpp>

void listen(const socketio::client_socket& to) {
#ifdef MISUSE
  to.on("news", [](socketio::socket, int) {});
#else
  to.on("news", [](int) {});
#endif
}
