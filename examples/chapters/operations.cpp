// Operations: metrics, probes, limits, logs, and a server that leaves without being missed.
#include "serve.hpp"

#include <csignal>
#include <iostream>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  auto options = options_from(argc, argv);
  // [limits]
  options.rate_limits.messages = {.per_second = 200, .burst = 400};
  options.rate_limits.bytes = {
      .per_second = 1e6, .burst = 4e6, .action = socketio::limit_action::delay};
  options.rate_limits.connects = {.per_second = 1, .burst = 10};
  options.rate_limits.handshakes = {.per_second = 100, .burst = 1000};
  // [/limits]
  // [slow readers]
  options.send_queue_bytes_max = 256 * 1024;
  options.send_queue_overflow = socketio::overflow::drop_oldest;
  options.lagged_event = "lagged";  // {"dropped": 12}
  // [/slow readers]
  // [logs]
  options.log = socketio::json_log(std::cerr);
  options.debug = "socket.io:namespace";
  // [/logs]
  socketio::server io(options);

  // [event limit]
  io.limit("chat message", {.per_second = 2, .burst = 5});
  // [/event limit]
  // [probes]
  io.serve_metrics("/metrics");
  io.serve_health("/healthz", "/readyz");
  bool database_is_there = true;
  io.on_ready_check("database", [&]() -> std::optional<std::string> {
    if (database_is_there) return std::nullopt;
    return "no connection";
  });
  // [/probes]
  io.on("database", [&](bool is_there) { return database_is_there = is_there; });
  io.on("chat message", [&io](const std::string& text) {
    io.emit("chat message", text);
    return true;
  });
  io.on("echo", [](int n) { return n; });
  io.on("flood", [](const socketio::socket& to, int count) {
    const std::string block(10'000, 'x');
    for (int i = 0; i < count; i++) to.emit("block", i, block);
  });

  if (const std::error_code error = io.listen()) return 1;
  // [drain]
  socketio::drain_options drain;
  drain.notice_event = "server-shutdown";
  drain.grace = 5s;
  drain.batch_size = 25;
  drain.batch_interval = 50ms;
  drain.deadline = 30s;
  io.drain_on_signals({SIGTERM}, drain);
  // [/drain]
  std::printf("listening on http://127.0.0.1:%u/\n", unsigned{io.port()});
  io.run();
  return 0;
}
