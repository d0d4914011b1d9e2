// A server that listens on any free port, says which, and closes.
#include <socketio/server.hpp>

#include <cstdio>

int main() {
  socketio::server io({.host = "127.0.0.1", .port = 0});
  if (io.listen()) return 1;
  std::printf("listening on port %u\n", unsigned{io.port()});
  io.close();
  io.run();
}
