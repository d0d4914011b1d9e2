// What a socket can do: events both ways, acknowledgements, binary, auth, namespaces, coroutines.
#include <socketio/client.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

using namespace std::chrono_literals;

// [message]
struct message {  // needs nothing else; docs/guide/events.md has the rules
  std::string from, text;
};
// [/message]

// [declared]
// Once for the server and the client: what does not fit does not compile.
inline constexpr socketio::event<"sum", std::vector<int>, socketio::ack<int>> sum;
// [/declared]

// [coroutine]
socketio::task<void> converse(socketio::client_socket socket) {
  const auto answer = co_await socket.timeout(5s).emit_with_ack<std::string>("question", 42);
  std::printf("answer: %s\n", answer ? answer->c_str() : answer.error().message().c_str());
}
// [/coroutine]

int main(int, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // whole lines, also into a pipe
  socketio::event_loop loop;
  // [auth]
  socketio::client_options options;
  options.loop = loop;
  options.auth = [] {  // asked at each attempt, so that a token is never old
    return socketio::value::map({{"token", "secret"}});
  };
  socketio::manager manager(argv[1], options);
  auto socket = manager.socket("/");
  auto news = manager.socket("/news");  // over the same connection
  // [/auth]

  // [handlers]
  socket.on("message", [](const message& one) {  // the parameters are the schema
    std::printf("%s says %s\n", one.from.c_str(), one.text.c_str());
  });
  socket.on("bytes", [](std::string name, socketio::binary content) {
    std::printf("%s has %zu bytes\n", name.c_str(), content.size());
  });
  socket.on("what is your name?", [] { return "ada"; });  // the acknowledgement
  socket.on_any([](std::string_view name, const socketio::values& arguments) {
    std::printf("any %.*s %zu\n", static_cast<int>(name.size()), name.data(), arguments.size());
  });
  // [/handlers]
  news.on("headline", [](std::string text) { std::printf("news: %s\n", text.c_str()); });

  socket.on_connect([&] {
    // [emit]
    socket.emit("hello", "world", 7, message{"ada", "hi"});
    socket.emit("upload", socketio::binary(std::string_view("\x01\x02\x03", 3)));
    socket.emit(sum, std::vector{1, 2, 3}, [](std::error_code error, int total) {
      std::printf("sum: %s\n", error ? error.message().c_str() : std::to_string(total).c_str());
    });
    socket.timeout(50ms).emit("nobody answers", [](std::error_code error) {
      std::printf("nobody: %s\n", error.message().c_str());
    });
    socket.volatile_().emit("position", 1.5, 2.5);  // not sent, if it cannot leave now
    // [/emit]
  });
  // [start]
  socket.on_connect([socket] { socket.start(converse(socket)); });
  // A handler of an event may be a coroutine itself; its captures live as long as it does.
  socket.on("start", [socket](int) -> socketio::task<void> { co_await converse(socket); });
  // [/start]
  socket.on("end", [&] { loop.stop(); });

  loop.run();
}
