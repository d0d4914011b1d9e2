// A handler of an event declared with an acknowledgement must give it.
#include <socketio/server.hpp>

struct receipt {
  int number;
};
inline constexpr socketio::event<"order", std::string, socketio::ack<receipt>> order;

void listen(const socketio::socket& from) {
#ifdef MISUSE
  from.on(order, [](std::string) {});
#else
  from.on(order, [](std::string) { return receipt{1}; });
  from.on(order, [](std::string, socketio::ack<receipt> done) { done({2}); });
#endif
}
