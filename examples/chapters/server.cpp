// The server: its options and what happens to wrong ones, listening, running beside other code,
// timers, work and coroutines on its shard, closing.
#include "serve.hpp"

#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;

// [every]
// There is no setInterval: a timer that repeats arms itself again.
void every(socketio::server& io, std::chrono::milliseconds time, std::function<void()> work) {
  io.set_timeout(time, [&io, time, work] {
    work();
    every(io, time, work);
  });
}
// [/every]

// [coroutine]
socketio::task<> greet(socketio::socket who) {
  const auto name = co_await who.timeout(5s).emit_with_ack<std::string>("your name?");
  if (name) who.emit("welcome", *name);
}
// [/coroutine]

int main(int argc, char** argv) {
  const std::uint16_t port = options_from(argc, argv).port;

  // [wrong]
  try {
    const socketio::server wrong({.max_http_buffer_size = 0});
  } catch (const std::invalid_argument& error) {
    std::printf("%s\n", error.what());
    // server_options: max_http_buffer_size is 0 bytes, at least 1 bytes is needed
  }
  // [/wrong]

  // [options]
  socketio::server io({
      .host = "127.0.0.1",
      .port = port,
      .ping_interval = 10s,
      .max_http_buffer_size = 100'000,
      .cors = socketio::cors_options{.origins = {"https://app.example"}, .credentials = true},
      .send_queue_bytes_max = 1024 * 1024,
  });
  // [/options]

  io.on_connection([&io](socketio::socket socket) {
    // [start]
    io.start(greet(socket));
    // [/start]
    // [close]
    socket.on("stop", [&io] { io.close([] { std::printf("everybody has left\n"); }); });
    // [/close]
  });
  every(io, 20ms, [&io] { io.volatile_().emit("tick"); });

  // [listen]
  if (const std::error_code error = io.listen()) {
    std::fprintf(stderr, "cannot listen: %s\n", error.message().c_str());
    return 1;
  }
  std::printf("listening on http://127.0.0.1:%u/\n", unsigned{io.port()});
  // [/listen]

  // [thread]
  io.close_on_signals();
  std::thread runs([&io] { io.run(); });
  io.post([] { std::printf("on the shard\n"); });  // this thread is free for other things
  runs.join();                                     // until close() has finished
  // [/thread]
}
