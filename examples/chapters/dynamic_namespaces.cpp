// Namespaces that clients make: every /room-<number> is one, and every /shop/... of a customer.
#include "serve.hpp"

int main(int argc, char** argv) {
  auto options = options_from(argc, argv);
  // [limits]
  options.dynamic_namespaces_max = 1'000;         // further ones are refused
  options.namespace_name_bytes_max = 64;          // longer names are not looked at
  options.cleanup_empty_child_namespaces = true;  // the last one out closes it
  // [/limits]
  socketio::server io(options);

  // [pattern]
  auto rooms = io.of(socketio::pattern("^/room-\\d+$"));
  rooms.use([](const socketio::socket& socket) {  // every child has what the parent has by then
    if (socket.handshake().auth["name"].as_string() == nullptr)
      throw socketio::connect_error("who are you?");
  });
  rooms.on("say", [](const socketio::socket& from, std::string text) {
    from.broadcast().emit("said", text);  // to the sockets of its own /room-...
  });
  // [/pattern]

  // [function]
  io.of([](std::string name, socketio::value auth) -> socketio::task<bool> {
      co_return name.starts_with("/shop/") && auth["token"] == socketio::value("sesame");
    }).on_connection([](socketio::socket socket) { socket.emit("welcome", socket.nsp_name()); });
  // [/function]

  // [everywhere]
  io.on("announce", [rooms](std::string text) {
    rooms.emit("announcement", text);  // to every socket of every room
    return rooms.children().size();
  });
  // [/everywhere]

  io.on_new_namespace([](const socketio::nsp& made) {
    std::printf("namespace %.*s\n", static_cast<int>(made.name().size()), made.name().data());
  });
  return serve(io);
}
