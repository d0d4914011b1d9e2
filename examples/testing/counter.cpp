// A small application and how it is tested: a shared counter. counter.test.mjs starts this program
// and talks to it as its users do.
#include <socketio/server.hpp>

#include <cstdio>
#include <cstdlib>

// [application]
// What the application does, apart from where it listens.
void serve_counter(socketio::server& io) {
  io.on_connection([&io, count = std::make_shared<int>(0)](socketio::socket socket) {
    socket.emit("count", *count);
    socket.on("add", [&io, count](int n) -> socketio::result<int> {
      if (n < 0) return std::make_error_code(std::errc::invalid_argument);
      *count += n;
      io.emit("count", *count);
      return *count;
    });
  });
}
// [/application]

// [main]
int main(int argc, char** argv) {
  socketio::server io({
      .host = "127.0.0.1",
      .port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 3000),
  });
  serve_counter(io);
  if (const std::error_code error = io.listen()) {
    std::fprintf(stderr, "cannot listen: %s\n", error.message().c_str());
    return 1;
  }
  io.close_on_signals();
  std::printf("listening on %u\n", unsigned{io.port()});
  std::fflush(stdout);
  io.run();
}
// [/main]
