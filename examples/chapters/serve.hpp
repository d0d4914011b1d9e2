// What every example does at the end: listen, say where, run until Ctrl-C.
#pragma once

#include <socketio/server.hpp>

#include <cstdio>
#include <cstdlib>

// The port from the command line, 3000 without one, any free one for 0.
inline socketio::server_options options_from(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // lines appear at once, also in a pipe
  return {.host = "127.0.0.1",
          .port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 3000)};
}

inline int serve(socketio::server& io) {
  if (const std::error_code error = io.listen()) {
    std::fprintf(stderr, "cannot listen on port %u: %s\n", unsigned{io.options().port},
                 error.message().c_str());
    return 1;
  }
  io.close_on_signals();
  const char* const where = io.options().tls ? "https://localhost" : "http://127.0.0.1";
  std::printf("listening on %s:%u/\n", where, unsigned{io.port()});
  io.run();
  return 0;
}
