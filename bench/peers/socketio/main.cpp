// Our server with the handlers that every peer of the benchmark runs (bench/peers/handlers.mjs),
// written as the documentation tells users to write them. Plain default settings.
//
// Handlers live on the namespace, as is advised for many sockets; with --per-socket each socket
// gets its own, as the JavaScript peers do it.

#include <socketio/server.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace {

template <class Target>
void add_handlers(const Target& target, socketio::server& io) {
  target.on("echo", [](std::string_view payload) { return payload; });
  target.on("echo-json", [](socketio::value payload) { return payload; });
  target.on("broadcast", [&io](std::string_view payload) { io.emit("message", payload); });
  target.on("join",
            [](const socketio::socket& from, std::string_view room, socketio::ack<> joined) {
              from.data() = room;
              from.join(room);
              joined();
            });
  target.on("room", [&io](const socketio::socket& from, std::string_view payload) {
    const std::string* room = from.data().as_string();
    if (room != nullptr) io.to(*room).emit("message", payload);
  });
}

// bench/run ends a server by closing its input.
void wait_for_end_of_input() {
  char ignored;
  while (read(STDIN_FILENO, &ignored, 1) > 0) {
  }
}

}  // namespace

int main(int count, char** arguments) {
  const bool per_socket = count > 1 && std::string_view(arguments[1]) == "--per-socket";
  socketio::server io({.host = "127.0.0.1", .port = 0});
  if (per_socket) {
    io.on_connection([&io](const socketio::socket& socket) { add_handlers(socket, io); });
  } else {
    add_handlers(io, io);
  }
  if (const std::error_code error = io.listen()) {
    std::fprintf(stderr, "cannot listen: %s\n", error.message().c_str());
    return 1;
  }
  std::printf("listening %u\n", static_cast<unsigned>(io.port()));
  std::fflush(stdout);
  std::thread watcher([&io] {
    wait_for_end_of_input();
    io.close();
  });
  io.run();
  watcher.join();
}
