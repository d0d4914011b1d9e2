// Errors: a refused connection, a lost one, an exception, a handler that blocks, an answer that is
// an error, arguments that do not fit.
#include "serve.hpp"

#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;

// Where the server tells what went wrong.
void listen_for_errors(socketio::server& io) {
  // [reasons]
  io.on_disconnect([](const socketio::socket&, const socketio::disconnect_reason& why) {
    const std::string text(why.text()), cause(to_string(why.what));
    std::printf("%s, %s, %s\n", text.c_str(), cause.c_str(), why.detail.c_str());
    // transport error, message_too_big, message of 2000000 bytes, the limit is 1000000
  });
  // [/reasons]

  // [exceptions]
  io.on_error([](std::exception_ptr what, std::string_view where) {
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& error) {
      std::printf("exception in %s: %s\n", std::string(where).c_str(), error.what());
    } catch (...) {
    }
  });
  // [/exceptions]

  // [blocked]
  io.on_blocked([](const socketio::blocked_handler& what) {
    std::printf("%s %s %d ms\n", what.name.c_str(), what.over ? "blocked for" : "has blocked for",
                static_cast<int>(what.time.count()));
  });
  // [/blocked]

  // [invalid]
  io.on_invalid([](const socketio::socket&, const socketio::invalid_arguments& what) {
    std::printf("%s\n", what.text().c_str());
  });
  // [/invalid]

  // [engine]
  io.engine().on_connection_error = [](const socketio::http_request& request,
                                       const socketio::connection_error& why) {
    std::printf("refused %s: %d %s\n", request.method.c_str(), why.code, why.message.c_str());
  };
  // [/engine]
}

// What one client may go through.
void handle(socketio::socket socket) {
  // [answers]
  socket.on("withdraw", [](int amount) -> socketio::result<int> {
    if (amount > 100) return std::make_error_code(std::errc::result_out_of_range);
    return 100 - amount;
  });
  socket.on("transfer", [](int amount, std::string to, socketio::ack<int> done) {
    if (to.empty()) return done.error("NO_RECEIVER", "to whom?");
    done(100 - amount);
  });
  // [/answers]
  socket.on("throw", []() -> int { throw std::runtime_error("no luck"); });
  socket.on("block", [] { std::this_thread::sleep_for(200ms); });

  // [asking]
  socket.on("ask me", [socket] {
    socket.timeout(100ms).emit("your age?", [socket](socketio::result<int> age) {
      if (age)
        socket.emit("your age", *age);
      else if (age.error() == socketio::errc::timed_out)
        socket.emit("too late");
      else if (age.error() == socketio::errc::invalid_answer)
        socket.emit("a number, please");
    });
  });
  // [/asking]

  // [errors]
  socket.on_error([socket](std::string_view what) {
    std::printf("an error of %s: %s\n", std::string(socket.id()).c_str(),
                std::string(what).c_str());
  });
  // [/errors]
}

int main(int argc, char** argv) {
  auto options = options_from(argc, argv);
  options.blocked_after = 50ms;
  socketio::server io(options);

  // [refusing]
  io.use([](const socketio::socket& socket) {
    if (!socket.handshake().auth.contains("token"))
      throw socketio::connect_error("no token", socketio::value::map({{"code", "NO_TOKEN"}}));
  });
  // [/refusing]

  listen_for_errors(io);
  io.on_connection(handle);

  return serve(io);
}
