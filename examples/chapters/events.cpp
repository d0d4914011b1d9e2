// Events: parameters are the schema. What does not fit never reaches the handler.
#include "serve.hpp"

#include <map>

// [structs]
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
// [/structs]

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));

  // [namespace]
  // Handlers on the namespace: one closure for everybody.
  io.on("move", [](const socketio::socket& from, position to) {
    from.broadcast().emit("moved", from.id(), to);
  });
  io.on("enter", [](const socketio::socket& from, player who) { from.emit("entered", who); });
  // [/namespace]
  // [types]
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
  // [/types]
  // [rest]
  // Of any number and type: all that are left, and sent again as they came.
  io.on("repeat", [](const socketio::socket& from, int times, socketio::rest what) {
    for (int i = 0; i < times; i++) from.emit("repeated", i, what);
  });
  // [/rest]
  // [send]
  io.on("message", [](const socketio::socket& from, std::string text) { from.send(text + "!"); });
  // [/send]
  // [invalid]
  io.on_invalid([](const socketio::socket& from, const socketio::invalid_arguments& what) {
    from.emit("problem", what.text());
  });
  // [/invalid]

  // [socket]
  // Handlers on the socket win over those of the namespace.
  io.on_connection([](socketio::socket socket) {
    socket.once("first", [socket](std::string text) { socket.emit("first", text); });
    const auto id = socket.on("until stop", [socket](int n) { socket.emit("heard", n); });
    socket.on("stop", [socket, id] { socket.off(id); });
  });
  // [/socket]
  // [any]
  io.on_connection([](socketio::socket socket) {
    socket.on_any([socket](std::string_view event, const socketio::values& arguments) {
      if (event != "seen") socket.emit("seen", event, arguments.size());
    });
    socket.on_any_outgoing([](std::string_view event, const socketio::values& arguments) {
      if (event == "heard")
        std::printf("sent %s with %s\n", std::string(event).c_str(),
                    arguments.at(0).to_string().c_str());
    });
  });
  // [/any]

  return serve(io);
}
