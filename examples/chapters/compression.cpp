// Compression: of polling answers by default, of WebSocket messages when it is asked for; and what
// it saves, from the counters.
#include "serve.hpp"

#include <string>

int main(int argc, char** argv) {
  auto options = options_from(argc, argv);
  // [options]
  options.http_compression = {.threshold = 2048, .level = 1};  // std::nullopt turns it off
  options.per_message_deflate = socketio::deflate_options{.threshold = 512};  // off by default
  // [/options]
  socketio::server io(options);

  // [emit]
  io.on("report", [&io](const socketio::socket& from, int lines) {
    std::string text;
    for (int i = 0; i < lines; i++) text += "line " + std::to_string(i) + ": all is well\n";
    from.emit("report", text);                 // compressed: it is large
    from.compress(false).emit("noise", text);  // not compressed
    io.emit("news", text);                     // compressed once, for everybody
  });
  // [/emit]

  // [counters]
  io.on("savings", [&io] {
    const socketio::server_counters so_far = io.counters();
    std::printf("%llu messages compressed, sent %llu times: %llu bytes instead of %llu\n",
                static_cast<unsigned long long>(so_far.deflated),
                static_cast<unsigned long long>(so_far.deflated_out),
                static_cast<unsigned long long>(so_far.deflated_out_bytes),
                static_cast<unsigned long long>(so_far.deflated_out_plain_bytes));
    return so_far.deflated;
  });
  // [/counters]

  return serve(io);
}
