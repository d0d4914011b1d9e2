// What every consumer project builds: a server that listens on any free port, says which, and
// closes.
#include <socketio/server.hpp>

#include <cstdio>

int main() {
  socketio::server io({.host = "127.0.0.1", .port = 0});
  io.on_connection([](socketio::socket socket) { socket.emit("hello"); });
  if (const std::error_code error = io.listen()) {
    std::fprintf(stderr, "cannot listen: %s\n", error.message().c_str());
    return 1;
  }
  std::printf("listening on port %u\n", unsigned{io.port()});
  io.close();
  io.run();
}
