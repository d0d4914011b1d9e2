// Transports: which of them are allowed, which one a socket uses, and when it changes.
#include "serve.hpp"

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  auto options = options_from(argc, argv);
  // [options]
  options.transports = {"polling", "websocket"};
  options.allow_upgrades = true;
  options.upgrade_timeout = 5s;
  options.ping_interval = 10s;
  options.ping_timeout = 5s;
  // [/options]
  const bool only_websocket = argc > 2 && std::string_view(argv[2]) == "websocket";
  // [websocket]
  if (only_websocket) options.transports = {"websocket"};
  // [/websocket]
  socketio::server io(options);

  // [upgrade]
  io.engine().on_upgrade = [](std::string_view sid) {
    std::printf("%s uses WebSocket now\n", std::string(sid).c_str());
  };
  io.on("which?", [](const socketio::socket& from) { return from.transport(); });
  // [/upgrade]

  return serve(io);
}
