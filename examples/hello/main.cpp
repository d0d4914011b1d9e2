// The smallest server: greets everybody and passes messages on. Run it and open
// http://127.0.0.1:3000/ in two windows.
#include <socketio/server.hpp>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  socketio::server io({.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 3000)});

  io.on_connection([&io](socketio::socket socket) {
    socket.emit("hello", "you are " + std::string(socket.id()));
    socket.on("chat message", [&io](std::string text) { io.emit("chat message", text); });
    socket.on("add",
              [](int a, int b) { return a + b; });  // what a handler returns is the acknowledgement
  });

  if (const std::error_code error = io.listen()) {
    std::fprintf(stderr, "cannot listen: %s\n", error.message().c_str());
    return 1;
  }
  io.close_on_signals();
  std::printf("listening on http://127.0.0.1:%u/\n", unsigned{io.port()});
  std::fflush(stdout);
  io.run();
}
