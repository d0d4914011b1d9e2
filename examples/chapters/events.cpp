// Events: parameters are the schema. What does not fit never reaches the handler.
#include "serve.hpp"

#include <map>

struct position {  // a plain aggregate travels as it is: {"x":1,"y":2}
  double x = 0, y = 0;
};

class player {  // anything else with one line
 public:
  std::string name;
  int level = 1;
  std::optional<position> at;  // may be absent or null
};
SOCKETIO_FIELDS(player, name, level, at);

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));

  // Handlers on the namespace: one closure for everybody.
  io.on("move", [](const socketio::socket& from, position to) {
    from.broadcast().emit("moved", from.id(), to);
  });
  io.on("enter", [](const socketio::socket& from, player who) { from.emit("entered", who); });
  io.on("sum", [](const socketio::socket& from, std::vector<int> numbers,
                  std::map<std::string, int> named) {
    int sum = 0;
    for (const int number : numbers) sum += number;
    for (const auto& [name, number] : named) sum += number;
    from.emit("sum", sum);
  });
  io.on("anything", [](const socketio::socket& from, socketio::value what) {
    from.emit("anything", what.to_string());
  });
  io.on_invalid([](const socketio::socket& from, const socketio::invalid_arguments& what) {
    from.emit("problem", what.text());
  });

  // Handlers on the socket win over those of the namespace.
  io.on_connection([](socketio::socket socket) {
    socket.once("first", [socket](std::string text) { socket.emit("first", text); });
    socket.on_any([socket](std::string_view event, const socketio::values& arguments) {
      if (event != "seen") socket.emit("seen", event, arguments.size());
    });
  });

  return serve(io);
}
