// A client on the io_context of the application, and acknowledgements as asynchronous operations.
#include <socketio/asio.hpp>
#include <socketio/client.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdio>
#include <string>

using namespace std::chrono_literals;
namespace asio = boost::asio;

// [awaitable]
asio::awaitable<void> converse(const socketio::client& socket) {
  const auto sum =
      co_await socketio::async_emit_with_ack<int>(socket, "add", 1, 2, asio::use_awaitable);
  std::printf("sum: %d\n", sum.value_or(-1));
  const auto late = co_await socketio::async_emit_with_ack<int>(
      socket.timeout(30ms), "nobody answers", asio::use_awaitable);
  std::printf("late: %s\n", late.error().message().c_str());
}
// [/awaitable]

int main(int, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // whole lines, also into a pipe
  // [context]
  asio::io_context context;
  socketio::event_loop loop;
  socketio::asio_driver driver(context.get_executor(), loop);
  socketio::client socket(argv[1], {.loop = loop});

  socket.on_connect([&] { asio::co_spawn(context, converse(socket), asio::detached); });
  socket.on("end", [&] { context.stop(); });
  context.run();
  // [/context]
}
