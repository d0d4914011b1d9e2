// emit() of a declared event refuses another number of arguments.
#include <socketio/server.hpp>

inline constexpr socketio::event<"price", std::string, double> price;

void send(const socketio::socket& to) {
#ifdef MISUSE
  to.emit(price, "EURUSD");
#else
  to.emit(price, "EURUSD", 3.5);
#endif
}
