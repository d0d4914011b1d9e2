// A server and a client in one program, each from its own shared library: what is thrown crosses
// their boundaries, and values and error codes are the same on both sides.
#include <socketio/client.hpp>
#include <socketio/server.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>

int main() {
  try {
    socketio::client wrong("gopher://nobody");
    return 1;
  } catch (const std::invalid_argument&) {
    std::puts("caught std::invalid_argument");
  }
  // The library throws a type of its own, and catches ours.
  try {
    throw socketio::connect_error("mine");
  } catch (const std::exception& error) {
    std::printf("caught %s\n", error.what());
  }

  socketio::server io({.host = "127.0.0.1", .port = 0});
  io.of("/private").use([](socketio::socket) {
    throw socketio::connect_error("not you", socketio::value(7));
  });
  io.on_connection([](socketio::socket socket) { socket.on("silence", [](socketio::ack<>) {}); });
  if (io.listen()) return 1;
  std::thread serving([&] { io.run(); });

  socketio::event_loop loop;
  socketio::manager manager("http://127.0.0.1:" + std::to_string(io.port()), {.loop = loop});
  auto refused = manager.socket("/private");
  refused.on_connect_error([&](const socketio::connect_failure& why) {
    std::printf("refused: %s %s\n", why.message.c_str(), why.data.to_string().c_str());
    auto main = manager.socket("/");
    main.timeout(std::chrono::milliseconds(50)).emit("silence", [&](std::error_code error, int) {
      std::printf("timed out: %d\n", error == socketio::errc::timed_out);
      loop.stop();
    });
  });
  loop.run();
  manager.stop();
  io.close();
  serving.join();
}
