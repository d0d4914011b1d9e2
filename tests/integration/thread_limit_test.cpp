// The system gives no more threads: run() says so, and nothing has happened. What asks for threads
// is the library's std::thread, so the test stands between it and the system.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <dlfcn.h>
#include <limits>
#include <pthread.h>
#include <system_error>

namespace {

std::atomic<int> threads_left{std::numeric_limits<int>::max()};

}  // namespace

extern "C" [[gnu::visibility("default")]] int pthread_create(pthread_t* id,
                                                             const pthread_attr_t* attributes,
                                                             void* (*start)(void*),
                                                             void* argument) {
  static const auto create =
      reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
  if (threads_left.fetch_sub(1) <= 0) {
    threads_left = 0;
    return EAGAIN;
  }
  return create(id, attributes, start, argument);
}

namespace socketio::test {
namespace {

// For the rest of the block no more than so many threads are made.
class thread_limit {
 public:
  explicit thread_limit(int most) { threads_left = most; }
  ~thread_limit() { threads_left = std::numeric_limits<int>::max(); }
};

server_options with_four_threads() {
  server_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  options.threads = 4;
  options.blocked_after = std::chrono::milliseconds(0);  // its watchdog is a thread too
  options.close_timeout = std::chrono::milliseconds(50);
  return options;
}

TEST(ThreadLimit, RunThrowsAndMayBeCalledAgain) {
  running_server server(with_four_threads());
  ASSERT_FALSE(server.io.listen());
  bool ran = false;
  server.io.post([&] { ran = true; });
  for (int most = 0; most < 3; most++) {
    const thread_limit limit(most);
    EXPECT_THROW(server.io.run(), std::system_error);
  }
  EXPECT_FALSE(ran);
  std::thread runner([&] { server.io.run(); });
  { const raw_websocket peer(server.io.port()); }
  server.io.close();
  runner.join();
  EXPECT_TRUE(ran);
}

TEST(ThreadLimit, AServerEndsAllTheSame) {
  int ran = 0;
  bool closed = false;
  std::error_code answer;
  const thread_limit limit(1);
  {
    server io(with_four_threads());
    ASSERT_FALSE(io.listen());
    io.post([&] { ++ran; });
    io.close([&] { closed = true; });
    io.emit("q", [&](std::error_code error, const values&) { answer = error; });
    EXPECT_THROW(io.run(), std::system_error);
    EXPECT_EQ(ran, 0);
  }
  EXPECT_EQ(ran, 1);
  EXPECT_TRUE(closed);
  EXPECT_EQ(answer, errc::disconnected);
}

}  // namespace
}  // namespace socketio::test
