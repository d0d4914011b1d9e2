// Acknowledgements: what a handler returns is the answer; answers to our questions settle exactly
// once.
#include "serve.hpp"

#include <algorithm>

using namespace std::chrono_literals;

// [structs]
struct order {
  std::string item;
  int count = 0;
};
struct receipt {
  int number = 0;
  std::string item;
};
// [/structs]

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));
  int next_number = 1;

  io.on_connection([&io, &next_number](socketio::socket socket) {
    // [answering]
    // A value, several values, an error, or later.
    socket.on("order", [&next_number](order what) { return receipt{next_number++, what.item}; });
    socket.on("divide", [](int a, int b) -> socketio::result<int> {
      if (b == 0) return std::make_error_code(std::errc::argument_out_of_domain);
      return a / b;
    });
    socket.on("min and max", [](std::vector<int> of) {
      return std::tuple(*std::min_element(of.begin(), of.end()),
                        *std::max_element(of.begin(), of.end()));
    });
    socket.on("later", [&io](socketio::ack<std::string> done) {
      io.set_timeout(20ms, [done] { done("it is later now"); });
    });
    // [/answering]

    // [asking]
    // Asking the client: the callback gets the answer, a timeout or the disconnect.
    socket.on("ask me", [socket] {
      socket.timeout(200ms).emit("how old are you?", [socket](std::error_code error, int age) {
        if (error)
          socket.emit("no answer", error.message());
        else
          socket.emit("thank you", age);
      });
    });
    // [/asking]

    // [everybody]
    // Asking everybody: partial answers and who is missing.
    socket.on("vote", [&io, socket](std::string question) {
      io.timeout(300ms).emit("vote", question, [socket](socketio::broadcast_answers<bool> all) {
        const auto yes = std::count(all.answers.begin(), all.answers.end(), true);
        socket.emit("result", yes, all.answers.size(), all.missing);
      });
    });
    // [/everybody]
  });

  return serve(io);
}
