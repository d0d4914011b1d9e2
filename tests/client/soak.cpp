// Clients that are made, connected and destroyed, thousands of times, in every way that is allowed:
// at once, after a while, when connected, inside callbacks, by other threads while callbacks run,
// on threads of their own, on a shared loop, through an executor. Nothing may crash, hang, be
// called afterwards, or be left behind.
//
//   client_soak [cycles]          100,000 is what a release is tested with, under ASan and TSan
#include "socketio/client.hpp"
#include "socketio/server.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::size_t descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}
std::size_t threads() {
  const std::filesystem::directory_iterator all("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

template <class Condition>
bool soon(Condition&& holds) {
  for (const auto end = std::chrono::steady_clock::now() + 30s; !holds();) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "soak: %s\n", what);
  std::abort();
}

// What callbacks of one client touch. Alive longer than the client: it is what they count in.
struct witness {
  std::atomic<bool> gone{false};  // the destructor has returned
  std::atomic<int> inside{0};     // callbacks that run
  std::atomic<bool> connected{false};
  std::shared_ptr<socketio::client> own;  // destroyed by a callback
  std::mutex mutex;

  // No callback begins once it is gone.
  void visit() {
    if (gone) fail("a callback began after the end");
    ++inside;
    --inside;
  }
};

class cycle {
 public:
  cycle(std::string url, const socketio::event_loop& loop, std::uint64_t seed)
      : url_(std::move(url)), loop_(loop), random_(seed) {}

  void run() {
    auto seen = std::make_shared<witness>();
    socketio::client_options options;
    const auto way = random_() % 4;
    options.transports = way == 0   ? std::vector<std::string>{"polling"}
                         : way == 1 ? std::vector<std::string>{"websocket"}
                                    : std::vector<std::string>{"polling", "websocket"};
    options.reconnection_delay = 1ms;
    if (random_() % 4 == 0) options.loop = loop_;
    if (random_() % 8 == 0) options.executor = [](const std::function<void()>& work) { work(); };
    auto io = std::make_shared<socketio::client>(url_, options);
    const bool by_callback = random_() % 4 == 0;
    listen(*io, seen, by_callback);
    if (by_callback) {
      const std::lock_guard lock(seen->mutex);
      seen->own = io;
    }
    for (int i = static_cast<int>(random_() % 4); i > 0; --i)
      io->emit("echo", i, [seen](std::error_code, int) { seen->visit(); });
    if (random_() % 2) soon([&] { return seen->connected.load(); });
    if (random_() % 4 == 0) io->emit("close me");
    if (random_() % 8 == 0) io->stop();
    io.reset();
    if (by_callback) {  // it may never connect: then nobody does it but us
      std::this_thread::sleep_for(1ms);
      std::shared_ptr<socketio::client> mine;
      {
        const std::lock_guard lock(seen->mutex);
        mine = std::move(seen->own);
      }
    }
  }

 private:
  void listen(socketio::client& io, const std::shared_ptr<witness>& seen, bool by_callback) {
    io.on_connect([seen, by_callback] {
      seen->connected = true;
      seen->visit();
      if (!by_callback) return;
      std::shared_ptr<socketio::client> mine;
      {
        const std::lock_guard lock(seen->mutex);
        mine = std::move(seen->own);
      }
    });
    io.on_disconnect([seen](const socketio::client_disconnect&) { seen->visit(); });
    io.on_connect_error([seen](const socketio::connect_failure&) { seen->visit(); });
    io.on("hello", [seen](int) { seen->visit(); });
  }

  const std::string url_;
  const socketio::event_loop loop_;
  std::mt19937_64 random_;
};

}  // namespace

int main(int argc, char** argv) {
  const long cycles = argc > 1 ? std::atol(argv[1]) : 400;
  socketio::server server({.host = "127.0.0.1", .port = 0});
  server.on_connection([](socketio::socket socket) {
    socket.emit("hello", 1);
    socket.on("echo", [](int n) { return n; });
    socket.on("close me", [socket] { socket.close_connection(); });
  });
  if (const auto error = server.listen()) fail("cannot listen");
  std::thread serving([&] { server.run(); });
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  std::size_t files = 0, tasks = 0;
  {
    const socketio::event_loop loop;
    std::thread looping([&] { loop.run(); });
    {  // when somebody was answered, every thread of the server is there
      socketio::client_options options;
      options.loop = loop;
      socketio::client first(url, options);
      std::atomic<bool> answered{false};
      first.emit("echo", 1, [&](std::error_code, int) { answered = true; });
      if (!soon([&] { return answered.load(); })) fail("no answer");
      first.stop();
    }
    files = descriptors();
    tasks = threads();
    std::atomic<long> done{0};
    std::vector<std::thread> workers;
    for (unsigned w = 0; w < 4; ++w)
      workers.emplace_back([&, w] {
        cycle one(url, loop, w + 1);
        while (done.fetch_add(1) < cycles) one.run();
      });
    for (auto& each : workers) each.join();
    if (!soon([&] { return threads() <= tasks; })) fail("threads are left");
    if (!soon([&] { return server.counters().sockets == 0; }))
      fail("sockets are left on the server");
    // What is left belongs to the server, which keeps a connection for the next request.
    if (!soon([&] { return descriptors() <= files + 64; })) fail("descriptors are left");
    loop.stop();
    looping.join();
  }
  server.close();
  serving.join();
  std::printf("%ld cycles, %zu descriptors, %zu threads\n", cycles, descriptors(), threads());
}
