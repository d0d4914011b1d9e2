// Events declared once, in a header that both sides of a program may share: misuse does not
// compile.
#include "serve.hpp"

struct message {
  std::string from, text;
};
struct receipt {
  int number = 0;
};

// [events]
inline constexpr socketio::event<"message:send", std::string, socketio::ack<receipt>> message_send;
inline constexpr socketio::event<"message:received", message> message_received;
inline constexpr socketio::event<"typing", bool> typing;
// [/events]

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));
  int count = 0;

  // [handlers]
  io.on(message_send, [&io, &count](const socketio::socket& from, std::string text) {
    io.emit(message_received, message{std::string(from.id()), text});
    return receipt{++count};
  });
  io.on(typing, [](const socketio::socket& from, bool active) {
    from.broadcast().volatile_().emit(typing, active);
  });
  // [/handlers]

  return serve(io);
}
