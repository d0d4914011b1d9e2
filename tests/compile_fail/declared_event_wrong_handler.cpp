// on() of a declared event refuses a handler with other parameters.
#include <socketio/server.hpp>

inline constexpr socketio::event<"price", std::string, double> price;

void listen(const socketio::socket& from) {
#ifdef MISUSE
  from.on(price, [](std::string, std::string) {});
#else
  from.on(price, [](std::string_view, double) {});
#endif
}
