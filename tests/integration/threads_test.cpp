// The thread rule of server.hpp, for the thread sanitizer too: handles may be used from anywhere,
// before, while and after somebody runs the server.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>

namespace socketio::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

server_options on_loopback() {
  server_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  return options;
}

TEST(Threads, HandlersAreAddedWhileAnotherThreadBeginsToRun) {
  server io(on_loopback());
  std::thread runner([&] { io.run(); });
  std::atomic<int> calls{0};
  for (int i = 0; i < 500; ++i) {
    io.on("event" + std::to_string(i), [&](int by) { return calls += by; });
    io.of("/" + std::to_string(i % 7)).on_connection([](const socket&) {});
  }
  io.on_new_namespace([](const nsp&) {});
  ASSERT_FALSE(io.listen());
  {
    raw_websocket client(io.port());
    client.emit(R"(["event499",2])");
    client.peer.send(text_frame(R"(427["event0",3])"));
    EXPECT_EQ(client.read(), "37[5]");
  }
  io.close();
  runner.join();
}

TEST(Threads, AProducerEmitsBeforeWhileAndAfterTheServerRuns) {
  server io(on_loopback());
  std::atomic<bool> over{false};
  std::atomic<long> accepted{0}, refused{0}, waiting{0};
  std::thread producer([&] {
    while (!over || refused == 0) {
      if (waiting > 500) {  // not faster than the shard
        std::this_thread::yield();
        continue;
      }
      const bool taken = io.to("room").emit("tick", 1) && io.of("/other").emit("tick", 2);
      ++(taken ? accepted : refused);
      ++waiting;
      if (!io.post([&] { --waiting; })) --waiting;
      io.set_timeout(milliseconds(0), [] {});
      io.on_new_namespace([](const nsp&) {});
      io.fetch_sockets([](const auto&) {});
    }
  });
  while (accepted == 0) std::this_thread::yield();
  io.on_connection([](socket who) { who.join("room"); });
  ASSERT_FALSE(io.listen());
  std::thread runner([&] { io.run(); });
  {
    raw_websocket client(io.port());
    EXPECT_EQ(client.read(), R"(2["tick",1])");
  }
  io.close();
  runner.join();
  over = true;
  producer.join();
}

TEST(Threads, WhatIsAskedBeforeItRunsIsDoneWhenItRuns) {
  server io(on_loopback());
  std::thread::id posted, started, timed;
  io.post([&] { posted = std::this_thread::get_id(); });
  const auto task_of = [&]() -> task<> {
    started = std::this_thread::get_id();
    co_return;
  };
  EXPECT_TRUE(io.start(task_of()));
  io.set_timeout(milliseconds(1), [&] {
    timed = std::this_thread::get_id();
    io.close();
  });
  EXPECT_EQ(started, std::thread::id());
  std::thread runner([&] { io.run(); });
  const auto expected = runner.get_id();
  runner.join();
  EXPECT_EQ(posted, expected);
  EXPECT_EQ(started, expected);
  EXPECT_EQ(timed, expected);
}

TEST(Threads, AfterTheEndEverythingIsRefusedAndNothingRuns) {
  running_server server;
  server.start();
  server.stop();
  bool ran = false;
  const auto run = [&] { ran = true; };
  EXPECT_FALSE(server.io.post(run));
  EXPECT_FALSE(server.io.emit("late"));
  const auto late = [&]() -> task<> {
    ran = true;
    co_return;
  };
  EXPECT_FALSE(server.io.start(late()));
  server.io.set_timeout(milliseconds(0), run);
  server.io.on_connection([](const socket&) {});
  EXPECT_FALSE(ran);
}

TEST(Threads, CloseAfterTheEndCallsDone) {
  running_server server;
  server.start();
  server.stop();
  bool done = false;
  server.io.close([&] { done = true; });
  EXPECT_TRUE(done);
}

TEST(Threads, AListenerOfNewNamespacesIsAddedAndRemovedFromAnywhere) {
  running_server server;
  server.start();
  std::atomic<int> first{0}, second{0};
  const listener_id one = server.io.on_new_namespace([&](const nsp&) { ++first; });
  server.io.on_new_namespace([&](const nsp&) { ++second; });
  server.io.of("/a");
  server.io.off(one);
  server.io.of("/b");
  server.ask([] { return true; });
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

// ---- the queue of what other threads ask for

TEST(Threads, AProducerThatIsFasterThanTheShardIsRefused) {
  server_options options;
  options.posted_bytes_max = 1'000'000;
  running_server server(options);
  server.start();
  std::promise<void> blocked, go_on;
  server.io.post([&] {
    blocked.set_value();
    go_on.get_future().wait();
  });
  blocked.get_future().wait();
  const std::string text(100'000, 'x');
  int accepted = 0;
  while (accepted < 100 && server.io.emit("block", text)) ++accepted;
  EXPECT_GE(accepted, 8);
  EXPECT_LE(accepted, 9);
  EXPECT_TRUE(server.io.post([] {})) << "what carries no event is not counted";
  server.io.on_connection([](const socket&) {});
  go_on.set_value();
  EXPECT_TRUE(server.becomes([](const server_counters& now) { return now.posted_bytes == 0; }));
  EXPECT_EQ(server.counters().posts_refused, 1u);
  EXPECT_TRUE(server.io.emit("block", text));
}

// ---- time

TEST(Threads, ATimeoutBeginsWhenItIsAskedFor) {
  running_server server;
  server.start();
  std::promise<steady_clock::duration> elapsed;
  server.io.post([&] {
    const auto until = steady_clock::now() + milliseconds(60);  // a handler that takes its time
    while (steady_clock::now() < until) {
    }
    const auto asked = steady_clock::now();
    server.io.set_timeout(milliseconds(40),
                          [&elapsed, asked] { elapsed.set_value(steady_clock::now() - asked); });
  });
  EXPECT_GE(elapsed.get_future().get(), milliseconds(40));
}

TEST(Threads, ATimeoutThatIsLongerThanTimeNeverComes) {
  running_server server;
  server.start();
  std::atomic<bool> ran{false};
  server.io.set_timeout(milliseconds::max(), [&] { ran = true; });
  std::promise<void> later;
  server.io.set_timeout(milliseconds(20), [&] { later.set_value(); });
  later.get_future().wait();
  EXPECT_FALSE(ran);
}

// ---- mistakes

using ThreadsDeathTest = testing::Test;

TEST_F(ThreadsDeathTest, AServerThatIsDestroyedByItsOwnHandlerSaysSo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto io = std::make_unique<server>(on_loopback());
        io->post([&] { io.reset(); });
        io->run();
      },
      "destroyed inside one of its own handlers");
}

TEST(Threads, RunInsideAHandlerIsRefused) {
  server io(on_loopback());
  bool refused = false;
  io.post([&] {
    try {
      io.run();
    } catch (const std::logic_error&) {
      refused = true;
    }
    io.close();
  });
  io.run();
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace socketio::test
