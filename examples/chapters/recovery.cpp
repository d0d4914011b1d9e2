// Connection state recovery: who loses the connection for a moment goes on where he was.
#include "serve.hpp"

int main(int argc, char** argv) {
  auto options = options_from(argc, argv);
  // [enable]
  options.connection_state_recovery = socketio::recovery_options{
      .max_disconnection_duration = std::chrono::minutes(2),
      .log_bytes_max = 8 * 1024 * 1024,
  };
  socketio::server io(options);
  // [/enable]

  // [connection]
  io.on_connection([](socketio::socket socket) {
    if (socket.recovered()) return;  // id, rooms and data are back, what was missed is on its way
    std::printf("a new client: %s (%s)\n", std::string(to_string(socket.recovery().what)).c_str(),
                socket.recovery().detail.c_str());
    socket.join("news");
    socket.emit("everything", std::vector{"all that", "a new client", "needs"});
  });
  // [/connection]

  io.on("tell all", [&io](const std::string& text) { io.to("news").emit("news", text); });

  // [counters]
  io.get("/recovery", [&io](const socketio::http_request&) {
    const auto now = io.counters();
    const auto count = [&now](socketio::recovery_outcome what) {
      return std::to_string(now.recoveries[static_cast<std::size_t>(what)]);
    };
    const std::string text = "recovered " + count(socketio::recovery_outcome::recovered) +
                             ", too late " + count(socketio::recovery_outcome::expired) +
                             ", log too small " + count(socketio::recovery_outcome::log_overflow) +
                             ", away now " + std::to_string(now.recovery_sessions);
    return socketio::http_response::text(200, text + "\n");
  });
  // [/counters]

  return serve(io);
}
