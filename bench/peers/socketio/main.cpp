// Our server with the handlers that every peer of the benchmark runs (bench/peers/handlers.mjs),
// written as the documentation tells users to write them. Plain default settings.
//
//   bench_server [--threads N] [--per-socket] [--three-per-socket]
//
// Handlers live on the namespace, as is advised for many sockets; with --per-socket each socket
// gets its own, as the JavaScript peers do it, and with --three-per-socket only the first three.

#include <socketio/server.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace {

enum class placement { on_namespace, on_sockets, three_on_sockets };

struct arguments {
  unsigned threads = 1;
  placement handlers = placement::on_namespace;
};

arguments parse_arguments(int count, char** words) {
  arguments result;
  for (int at = 1; at < count; ++at) {
    const std::string_view word = words[at];
    if (word == "--per-socket") {
      result.handlers = placement::on_sockets;
    } else if (word == "--three-per-socket") {
      result.handlers = placement::three_on_sockets;
    } else if (word == "--threads" && at + 1 < count) {
      result.threads = static_cast<unsigned>(std::strtoul(words[++at], nullptr, 10));
    } else {
      std::fprintf(stderr, "unknown argument %s\n", words[at]);
      std::exit(2);
    }
  }
  return result;
}

template <class Target>
void add_handlers(const Target& target, socketio::server& io) {
  target.on("echo", [](std::string_view payload) { return payload; });
  target.on("echo-json", [](socketio::value payload) { return payload; });
  target.on("broadcast", [&io](std::string_view payload) { io.emit("message", payload); });
}

template <class Target>
void add_room_handlers(const Target& target, socketio::server& io) {
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

int main(int count, char** words) {
  const arguments arguments = parse_arguments(count, words);
  socketio::server io({.host = "127.0.0.1", .port = 0, .threads = arguments.threads});
  if (arguments.handlers == placement::on_namespace) {
    add_handlers(io, io);
    add_room_handlers(io, io);
  } else {
    const bool all = arguments.handlers == placement::on_sockets;
    io.on_connection([&io, all](const socketio::socket& socket) {
      add_handlers(socket, io);
      if (all) add_room_handlers(socket, io);
    });
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
