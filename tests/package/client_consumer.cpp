// What every consumer of the client builds: a client of the server whose URL it is given, that asks
// once and ends. Also compiled without exceptions and without run-time type information.
#include <socketio/client.hpp>

#include <chrono>
#include <cstdio>

int main(int, char** argv) {
  socketio::event_loop loop;
  socketio::client_options options;
  options.loop = loop;
  options.auth = []() -> socketio::task<socketio::value> { co_return socketio::value(7); };
  socketio::client socket(argv[1], options);
  socket.on("question", [](int) -> socketio::task<int> { co_return 1; });
  int status = 1;
  socket.on_connect([&] {
    socket.timeout(std::chrono::seconds(10)).emit("echo", 42, [&](socketio::result<int> answer) {
      if (answer) std::printf("acknowledged %d\n", answer.value());
      status = answer ? 0 : 1;
      loop.stop();
    });
  });
  socket.on_connect_error([](const socketio::connect_failure& why) {
    std::printf("%s: %s\n", why.message.c_str(), why.description.c_str());
  });
  loop.run();
  return status;
}
