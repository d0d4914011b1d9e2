// Coroutines: ask and wait in the middle of a handler; exactly one of answer, timeout, disconnected
// comes back.
#include "serve.hpp"

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));

  io.on_connection([&io](socketio::socket socket) {
    // [one]
    socket.on("register", [socket]() -> socketio::task<std::string> {
      const auto name = co_await socket.timeout(200ms).emit_with_ack<std::string>("your name?");
      if (!name) co_return "no name: " + name.error().message();
      const auto age = co_await socket.timeout(200ms).emit_with_ack<int>("your age?", *name);
      co_return age ? *name + " is " + std::to_string(*age) : "no age: " + age.error().message();
    });
    // [/one]

    // [everybody]
    socket.on("average", [&io]() -> socketio::task<double> {
      const auto all = co_await io.timeout(300ms).emit_with_ack<double>("a number?");
      double sum = 0;
      for (const double number : all.answers) sum += number;
      co_return all.answers.empty() ? 0 : sum / static_cast<double>(all.answers.size());
    });
    // [/everybody]

    // [fetch]
    socket.on("everybody", [&io]() -> socketio::task<std::vector<std::string>> {
      std::vector<std::string> ids;
      for (const auto& one : co_await io.fetch_sockets()) ids.push_back(one.id);
      co_return ids;
    });
    // [/fetch]
  });

  return serve(io);
}
