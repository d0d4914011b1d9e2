// Middlewares: who may join a namespace, and what happens to an event before its handler.
#include "serve.hpp"

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));

  // [next]
  // Any of four forms: call next, now or later ...
  io.use([&io](const socketio::socket& socket, socketio::next_fn next) {
    if (!socket.handshake().auth.contains("slow")) return next();
    io.set_timeout(50ms, [next] { next(); });
  });
  // [/next]
  // [returned]
  // ... return an error or nothing ...
  io.use([](const socketio::socket& socket) -> std::optional<socketio::connect_error> {
    const auto auth = socket.handshake().auth;
    const std::string* name = auth["name"].as_string();
    if (!name)
      return socketio::connect_error("name yourself", socketio::value::map({{"code", "NO_NAME"}}));
    socket.data()["name"] = *name;
    return std::nullopt;
  });
  // [/returned]
  // [thrown]
  // ... throw, or be a coroutine that does one of these.
  io.use([](socketio::socket socket) -> socketio::task<> {
    if (socket.data()["name"] == socketio::value("mallory"))
      throw socketio::connect_error("not you");
    co_return;
  });
  // [/thrown]

  io.on_connection([](socketio::socket socket) {
    // [event]
    socket.use([](socketio::event_packet& packet, socketio::next_fn next) {
      if (packet.name == "forbidden") return next("this event is forbidden");
      if (packet.name == "shout")
        packet.arguments.at(0) = socketio::value(*packet.arguments.at(0).as_string() + "!");
      next();
    });
    socket.on_error([socket](std::string_view what) { socket.emit("refused", what); });
    // [/event]
    socket.on("shout", [socket](std::string text) { socket.emit("heard", text); });
    socket.on("who am i", [socket] { return socket.data()["name"]; });
    socket.on("fail",
              [] { throw std::runtime_error("caught, reported, and the server lives on"); });
  });
  io.on_error([](std::exception_ptr, std::string_view where) {
    std::printf("exception in %.*s\n", static_cast<int>(where.size()), where.data());
  });

  return serve(io);
}
