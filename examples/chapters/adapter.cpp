// An adapter of one's own: it sees whatever is emitted, before it goes to the sockets.
#include "serve.hpp"
#include <socketio/adapter.hpp>

#include <atomic>

// [adapter]
struct metered_adapter : socketio::adapter {
  using adapter::adapter;

  bool broadcast(const socketio::broadcast_packet& what,
                 const socketio::broadcast_options& to) override {
    bytes += what.arguments.size();  // any thread may emit
    return adapter::broadcast(what, to);
  }

  std::atomic<std::size_t> bytes{0};
};
// [/adapter]

int main(int argc, char** argv) {
  auto options = options_from(argc, argv);
  // [factory]
  options.adapter = [](const socketio::adapter_context& of) {
    return std::make_unique<metered_adapter>(of);
  };
  // [/factory]
  socketio::server io(options);

  io.on("say", [&io](std::string text) { io.emit("said", text); });
  io.on("how much?", [&io] { return static_cast<metered_adapter&>(io.adapter()).bytes.load(); });

  // [servers]
  io.on_server_side("count", [&io] { return io.local_sockets().size(); });
  io.on("count", [&io](socketio::ack<std::size_t> answer) {
    const std::size_t here = io.local_sockets().size();
    io.server_side_emit("count", [=](std::error_code, std::vector<std::size_t> elsewhere) {
      std::size_t all = here;
      for (const std::size_t there : elsewhere) all += there;  // none without a cluster
      answer(all);
    });
  });
  // [/servers]
  return serve(io);
}
