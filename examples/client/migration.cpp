// What a program of socket.io-client-cpp looks like here: docs/client-migration.md has both.
#include <socketio/client.hpp>

#include <cstdio>
#include <future>
#include <string>
#include <vector>

int main(int, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // whole lines, also into a pipe
  const std::string url = argv[1];
  // [connect]
  socketio::client_options options;
  options.query = {{"room", "7"}};
  options.extra_headers = {{"X-Client", "robot"}};
  options.auth = socketio::value::map({{"token", "secret"}});
  options.reconnection_attempts = 10;
  socketio::client socket(url, options);
  // [/connect]

  // [listeners]
  socket.on_connect([] { std::printf("open\n"); });
  socket.on_disconnect([](const socketio::client_disconnect& why) {
    std::printf("close: %s\n", std::string(why.text()).c_str());
  });
  socket.on_connect_error([](const socketio::connect_failure& why) {
    std::printf("fail: %s\n", why.description.c_str());
  });
  // [/listeners]

  // [events]
  socket.on("login", [](int users, std::vector<std::string> names) {
    std::printf("%d users, the first is %s\n", users, names.front().c_str());
  });
  socket.on("sum", [](int a, int b) { return a + b; });  // need_ack and put_ack_message
  socket.on("raw", [](socketio::value tree) {            // the message tree, if you want one
    std::printf("%s\n", tree["deep"].to_string().c_str());
  });
  // [/events]

  std::promise<void> over;
  // [emit]
  socket.emit("add user", "ada");
  socket.emit("three", 1, std::string("two"), std::vector{3.5});
  socket.emit("bytes", socketio::binary(std::string_view("\x00\x01", 2)));
  socket.emit("ask", "x", [&](std::error_code error, std::string answer) {
    std::printf("%s\n", error ? error.message().c_str() : answer.c_str());
  });
  // [/emit]
  socket.on("end", [&] { over.set_value(); });
  over.get_future().wait();
  // [close]
  socket.stop(std::chrono::seconds(5));  // let it be read, then end: sync_close()
  // [/close]
}
