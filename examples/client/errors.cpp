// What can go wrong, and where a client hears of it.
#include <socketio/client.hpp>

#include <chrono>
#include <cstdio>
#include <string>

using namespace std::chrono_literals;

int main(int, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // whole lines, also into a pipe
  socketio::event_loop loop;
  socketio::client_options options;
  options.loop = loop;
  // [pace]
  options.reconnection_delay = 100ms;
  options.reconnection_delay_max = 1s;
  options.timeout = 5s;  // of one attempt
  // [/pace]
  // [limits]
  options.offline_buffer_bytes_max = 64 * 1024;  // of what is emitted without a connection
  options.offline_buffer_age_max = 30s;
  options.ack_timeout = 10s;  // of every acknowledgement
  options.retries = 3;        // send again until it is acknowledged ...
  options.retry_keys = true;  // ... with a text by which the server knows what it has seen
  // [/limits]
  // [exceptions]
  options.on_exception = [](std::string_view where, std::exception_ptr what) {
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& error) {
      std::printf("%.*s threw: %s\n", static_cast<int>(where.size()), where.data(), error.what());
    }
  };
  // [/exceptions]
  socketio::client socket(argv[1], options);

  // [errors]
  socket.on_connect_error([&](const socketio::connect_failure& why) {
    if (why.what == socketio::connect_cause::refused) {  // by a middleware of the server
      std::printf("refused: %s %s, %zu bytes wait\n", why.message.c_str(),
                  why.data.to_string().c_str(), socket.buffered_bytes());
      socket.set_auth(socketio::value::map({{"token", "secret"}}));
      socket.connect();  // nobody else tries again
      return;
    }
    // "TLS: certificate of example.org refused: self-signed certificate"
    std::printf("%s (%s), %s\n", why.message.c_str(), why.description.c_str(),
                socket.active() ? "trying again" : "giving up");
  });
  socket.on_disconnect([](const socketio::client_disconnect& why) {
    std::printf("disconnected: %s\n", std::string(why.text()).c_str());
  });
  socket.io().on_reconnect([](std::uint64_t attempts) {
    std::printf("back after %llu\n", static_cast<unsigned long long>(attempts));
  });
  socket.on_invalid([](std::string_view event, std::string_view why) {
    std::printf("%.*s: %.*s\n", static_cast<int>(event.size()), event.data(),
                static_cast<int>(why.size()), why.data());
  });
  // [/errors]
  socket.on("number", [](int) {});
  socket.on("throw", [] { throw std::runtime_error("oops"); });
  socket.on("end", [&] { loop.stop(); });

  // [offline]
  if (!socket.emit("kept", "until there is a connection")) std::printf("no room\n");
  socket.io().on_error([&](const socketio::connect_failure&) {
    for (const socketio::buffered_event& each : socket.buffered())
      std::printf("%s waits for %lld ms\n", each.name.c_str(),
                  static_cast<long long>(each.age.count()));
  });
  // [/offline]
  loop.run();
}
