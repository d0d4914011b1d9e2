// Threads: handles may be used from any thread; calls are posted to the shard and keep their order.
#include "serve.hpp"

#include <atomic>
#include <thread>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));
  std::atomic<bool> running = true;

  io.on_connection([](socketio::socket socket) {
    socket.on("compute", [](int n, socketio::ack<long> done) {
      // Long work does not belong on the shard, where it would hold up everybody.
      std::thread([n, done] {
        long sum = 0;
        for (int i = 1; i <= n; i++) sum += i;
        done(sum);
      }).detach();
    });
  });

  std::thread ticker([&] {
    for (int tick = 1; running; tick++) {
      io.volatile_().emit("tick", tick);
      std::this_thread::sleep_for(50ms);
    }
  });

  const int status = serve(io);
  running = false;
  ticker.join();
  return status;
}
