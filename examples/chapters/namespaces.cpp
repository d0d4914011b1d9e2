// Namespaces: several applications over one connection.
#include "serve.hpp"

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));
  io.on_new_namespace([](socketio::nsp made) {
    std::printf("namespace %.*s\n", static_cast<int>(made.name().size()), made.name().data());
  });

  io.on_connection([](socketio::socket socket) { socket.emit("welcome", "main"); });

  auto news = io.of("/news");
  news.on_connection([news](socketio::socket socket) {
    socket.emit("welcome", "news");
    socket.on("publish", [news](std::string headline) { news.emit("headline", headline); });
  });

  auto admin = io.of("admin");  // the leading slash is added
  admin.use([](const socketio::socket& socket) {
    if (socket.handshake().auth["password"] != socketio::value("sesame"))
      throw socketio::connect_error("wrong password",
                                    socketio::value::map({{"hint", "it opens doors"}}));
  });
  admin.on("kick all", [news](const socketio::socket&) { news.disconnect_sockets(true); });

  return serve(io);
}
