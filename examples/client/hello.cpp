// A client in twenty lines.
#include <socketio/client.hpp>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  socketio::event_loop loop;
  socketio::client socket(argc > 1 ? argv[1] : "http://localhost:3000", {.loop = loop});

  socket.on_connect([&] {
    std::printf("connected as %s\n", socket.id().c_str());
    socket.emit("add", 1, 2, [&](std::error_code error, int sum) {
      std::printf("%s\n", error ? error.message().c_str() : std::to_string(sum).c_str());
      loop.stop();
    });
  });
  socket.on("chat message", [](std::string text) { std::printf("%s\n", text.c_str()); });
  socket.on_connect_error([](const socketio::connect_failure& why) {
    std::fprintf(stderr, "%s: %s\n", why.message.c_str(), why.description.c_str());
  });

  loop.run();
}
