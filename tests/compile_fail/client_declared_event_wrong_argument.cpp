// emit() of a declared event refuses arguments of another type, also from a client.
#include <socketio/client.hpp>

inline constexpr socketio::event<"price", std::string, double> price;

void send(const socketio::client_socket& to) {
#ifdef MISUSE
  to.emit(price, 3.5, "EURUSD");
#else
  to.emit(price, "EURUSD", 3.5);
#endif
}
