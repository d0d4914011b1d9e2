// emit() of a declared event refuses arguments of another type.
#include <socketio/server.hpp>

inline constexpr socketio::event<"price", std::string, double> price;

void send(const socketio::socket& to) {
#ifdef MISUSE
  to.emit(price, 3.5, "EURUSD");
#else
  to.emit(price, "EURUSD", 3.5);
#endif
}
