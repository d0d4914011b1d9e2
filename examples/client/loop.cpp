// A client beside a loop that is not its own: a toolkit's, or that of a game. The descriptor and
// the deadline are all that such a loop has to know.
#include <socketio/client.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <poll.h>
#include <string>

int main(int, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // whole lines, also into a pipe
  socketio::event_loop loop;
  socketio::client socket(argv[1], {.loop = loop});
  bool over = false;
  socket.on("tick", [](int n) { std::printf("tick %d\n", n); });
  socket.on("end", [&] { over = true; });

  // [poll]
  while (!over) {
    const auto due = loop.deadline();
    int wait_ms = -1;
    if (due) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(*due - std::chrono::steady_clock::now());
      wait_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    }
    pollfd both[] = {{loop.native_handle(), POLLIN, 0} /*, and what else is waited for */};
    ::poll(both, 1, wait_ms);
    loop.poll();  // callbacks run here, and nowhere else
  }
  // [/poll]
  // [frame]
  // A game has no need for the descriptor: once per frame is enough.
  loop.poll();
  // [/frame]
}
