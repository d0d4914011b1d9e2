// Limits: a client that does not read cannot make the server grow. Every disconnect says why, with
// numbers.
#include "serve.hpp"

int main(int argc, char** argv) {
  auto options = options_from(argc, argv);
  // [options]
  options.max_http_buffer_size = 100'000;
  options.send_queue_bytes_max = 64 * 1024;
  options.send_queue_overflow = argc > 2 && std::string_view(argv[2]) == "drop"
                                    ? socketio::overflow::drop_oldest
                                    : socketio::overflow::close;
  // [/options]
  socketio::server io(options);

  io.on("flood", [](const socketio::socket& to, int count, int bytes) {
    const std::string block(static_cast<std::size_t>(bytes), 'x');
    int refused = 0;
    // [refused]
    for (int i = 0; i < count; i++) refused += !to.emit("block", i, block);
    // [/refused]
    return refused;
  });
  io.on_disconnect([](const socketio::socket&, const socketio::disconnect_reason& why) {
    std::printf("%s: %s (%s)\n", std::string(why.text()).c_str(), why.detail.c_str(),
                std::string(to_string(why.what)).c_str());
  });

  return serve(io);
}
