// Who runs a client, on which thread its callbacks are called, and how it ends: at any time, from
// any thread, inside any callback, without waiting for anybody's code, and without a call
// afterwards.
#include "client/journal.hpp"
#include "client/node_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <poll.h>
#include <thread>

using namespace std::chrono_literals;

namespace socketio::test {
namespace {

client_options quick() {
  client_options made;
  made.reconnection_delay = 20ms;
  made.reconnection_delay_max = 60ms;
  return made;
}

// One server for all of them.
class Lifetime : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new node_server(); }
  static void TearDownTestSuite() { delete std::exchange(server_, nullptr); }
  static node_server& server() { return *server_; }

 private:
  static inline node_server* server_ = nullptr;
};

TEST_F(Lifetime, CallbacksRunOnItsOwnThread) {
  journal log;
  client io(server().url(), quick());
  const auto here = std::this_thread::get_id();
  std::atomic<std::thread::id> first{}, second{};
  io.on_connect([&] {
    first = std::this_thread::get_id();
    io.emit("echo", [&](std::error_code) {
      second = std::this_thread::get_id();
      log.note("answered");
    });
  });
  ASSERT_TRUE(log.has("answered"));
  EXPECT_NE(first.load(), here);
  EXPECT_EQ(first.load(), second.load());
}

// The destructor returns while a callback is stuck, and nothing begins after it.
TEST_F(Lifetime, DoesNotWaitForCallbacks) {
  std::atomic<bool> inside{false}, release{false}, ended{false};
  std::atomic<int> later{0};
  auto io = std::make_unique<client>(server().url(), quick());
  io->on("auth", [&](value) {
    inside = true;
    while (!release) std::this_thread::sleep_for(1ms);
    ended = true;
  });
  io->on_disconnect([&](const client_disconnect&) { ++later; });
  io->on_any([&](std::string_view name, const values&) { later += name == "later"; });
  ASSERT_TRUE(soon([&] { return inside.load(); }));
  const auto begin = std::chrono::steady_clock::now();
  io.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_FALSE(ended);
  release = true;
  ASSERT_TRUE(soon([&] { return ended.load(); }));
  EXPECT_EQ(later, 0);
  server().wait_for("disconnect");
}

// stop() does wait: whatever callbacks refer to may die behind it.
TEST_F(Lifetime, StopWaitsForCallbacks) {
  auto state = std::make_unique<int>(0);
  client io(server().url(), quick());
  std::atomic<bool> inside{false};
  io.on("message-back", [&](int) {
    inside = true;
    std::this_thread::sleep_for(50ms);
    ++*state;
  });
  for (int i = 0; i < 50; ++i) io.emit("message", i);
  ASSERT_TRUE(soon([&] { return inside.load(); }));
  io.stop();
  const int seen = *state;
  EXPECT_GE(seen, 1);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(*state, seen);
  state.reset();
  EXPECT_FALSE(io.emit("message", 1));
}

TEST_F(Lifetime, StopSaysWhatItCouldNotSend) {
  client io("http://127.0.0.1:1", quick());
  io.emit("never", 1);
  EXPECT_FALSE(io.stop(50ms));
  client silent("http://127.0.0.1:1", quick());
  EXPECT_TRUE(silent.stop(50ms));
}

// The second one asks while the first one still sends, and a callback runs meanwhile.
TEST_F(Lifetime, StopsForTwoThreadsAtOnce) {
  client io("http://127.0.0.1:1", quick());
  std::atomic<bool> inside{false}, release{false}, ended{false};
  io.on_connect_error([&](const connect_failure&) {
    if (inside.exchange(true)) return;
    while (!release) std::this_thread::sleep_for(1ms);
    ended = true;
  });
  io.emit("never", 1);
  ASSERT_TRUE(soon([&] { return inside.load(); }));
  std::atomic<int> stopped{0};
  const auto stop = [&] {
    EXPECT_FALSE(io.stop(300ms)) << "nobody has read it";
    EXPECT_TRUE(ended);
    ++stopped;
  };
  std::thread first(stop), second(stop);
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(stopped, 0);
  release = true;
  first.join();
  second.join();
}

// Destroyed inside each kind of callback.
TEST_F(Lifetime, MayBeDestroyedInsideCallbacks) {
  const std::vector<std::function<void(client&, std::function<void()>)>> ways = {
      [](client& io, auto end) { io.on_connect(end); },
      [](client& io, auto end) { io.on("auth", [end](value) { end(); }); },
      [](client& io, auto end) { io.on_any([end](std::string_view, const values&) { end(); }); },
      [](client& io, auto end) { io.io().on_open(end); },
      [](client& io, auto end) { io.io().on_upgrade([end](std::string_view) { end(); }); },
      [](client& io, auto end) {
        io.on_disconnect([end](const client_disconnect&) { end(); });
        io.emit("close-me");
      },
      [](client& io, auto end) {
        io.on_disconnect([end](const client_disconnect&) { end(); });
        io.emit("disconnect-me");
      },
      [](client& io, auto end) { io.emit("echo", [end](std::error_code) { end(); }); },
      [](client& io, auto end) {
        io.timeout(1ms).emit("never-ack", [end](std::error_code) { end(); });
      },
      [](client& io, auto end) {
        io.on_any_outgoing([end](std::string_view, const values&) { end(); });
        io.emit("something");
      },
  };
  for (std::size_t i = 0; i < ways.size(); ++i) {
    auto io = std::make_unique<client>(server().url(), quick());
    std::atomic<bool> done{false};
    std::atomic<int> calls{0};
    ways[i](*io, [&] {
      if (++calls > 1) return;
      io.reset();
      done = true;
    });
    EXPECT_TRUE(soon([&] { return done.load(); })) << "way " << i;
  }
}

TEST_F(Lifetime, MayBeDestroyedInsideErrors) {
  for (const bool of_manager : {false, true}) {
    auto options = quick();
    options.auto_connect = false;
    auto io = std::make_unique<client>("http://127.0.0.1:1", options);
    std::atomic<bool> done{false};
    const auto end = [&](const connect_failure&) {
      io.reset();
      done = true;
    };
    if (of_manager)
      io->io().on_error(end);
    else
      io->on_connect_error(end);
    io->connect();
    EXPECT_TRUE(soon([&] { return done.load(); }));
  }
}

// Handles outlive their client.
TEST_F(Lifetime, HandlesOutliveTheClient) {
  client_socket handle;
  journal log;
  {
    client io(server().url(), quick());
    handle = io;
    io.on_connect([&] { log.note("connect"); });
    ASSERT_TRUE(log.has("connect"));
  }
  EXPECT_TRUE(soon([&] { return !handle.connected(); }));
  EXPECT_FALSE(handle.active());
  handle.emit("message", 1);
  handle.connect();
  handle.disconnect();
  handle.off();
  EXPECT_EQ(client_socket().emit("nothing"), false);
}

task<void> wait_for_ever(client_socket io, journal& log) {
  const auto answer = co_await io.emit_with_ack<int>("never-ack");
  log.note("resumed: " + answer.error().message());
}

// A coroutine that waits is not left hanging.
TEST_F(Lifetime, CoroutinesAreResumedAtTheEnd) {
  journal log;
  {
    client io(server().url(), quick());
    io.on("auth", [&](value) -> task<void> {
      const client_socket handle = io;  // which may go from here on
      log.note("waits");
      co_await wait_for_ever(handle, log);
    });
    ASSERT_TRUE(log.has("waits"));
  }
  EXPECT_TRUE(log.has("resumed: socket has been disconnected")) << log.text();
}

task<void> ask_once(client_socket io, journal& log) {
  const auto answer = co_await io.emit_with_ack<std::string>("echo", "x");
  log.note(answer ? "answer " + *answer : answer.error().message());
  throw std::runtime_error("told to on_exception");
}

TEST_F(Lifetime, StartsCoroutines) {
  journal log;
  auto options = quick();
  options.on_exception = [&](std::string_view where, std::exception_ptr) {
    log.note("thrown in " + std::string(where));
  };
  client io(server().url(), options);
  io.on_connect([&] { EXPECT_TRUE(io.start(ask_once(io, log))); });
  EXPECT_TRUE(log.has("answer x") && log.has("thrown in start")) << log.text();
  EXPECT_TRUE(io.start(ask_once(io, log)));  // from another thread
  EXPECT_TRUE(log.has("answer x", 2)) << log.text();
  io.stop();
  EXPECT_FALSE(io.start(ask_once(io, log)));
  EXPECT_EQ(log.count("answer x"), 2u);
}

// stop() tells whatever waits; the destructor nobody.
TEST_F(Lifetime, StopSettlesAcknowledgements) {
  for (const bool stops : {true, false}) {
    journal log;
    {
      client io(server().url(), quick());
      watch(io, log);
      ASSERT_TRUE(log.has("connect"));
      for (int i = 0; i < 5; ++i)
        io.emit("never-ack", [&](std::error_code why) { log.note(why.message()); });
      if (stops) io.stop();
    }
    EXPECT_EQ(log.count("socket has been disconnected"), stops ? 5u : 0u) << log.text();
    EXPECT_EQ(log.count("disconnect: io client disconnect"), stops ? 1u : 0u) << log.text();
  }
}

// Whom stop() tells may destroy the client: on another thread, and on its own.
TEST_F(Lifetime, StopMayDestroyTheClient) {
  for (const bool inside : {false, true}) {
    journal log;
    std::atomic<bool> stopped{false};
    auto io = std::make_unique<client>(server().url(), quick());
    watch(*io, log);
    io->on_disconnect([&](const client_disconnect&) {
      io.reset();
      log.note("gone");
    });
    io->on("stop yourself", [&] {
      io->stop();
      stopped = true;
    });
    ASSERT_TRUE(log.has("connect"));
    if (inside) {
      server().command(value::map({{"cmd", "emit"}, {"event", "stop yourself"}}));
    } else {
      io->stop();
      stopped = true;
    }
    EXPECT_TRUE(soon([&] { return stopped.load(); }));
    EXPECT_EQ(log.count("gone"), 1u);
  }
}

TEST_F(Lifetime, HandlesOfWhatHasEndedSaySo) {
  for (const bool stops : {true, false}) {
    journal log;
    client_socket handle;
    {
      client io(server().url(), quick());
      watch(io, log);
      handle = io;
      ASSERT_TRUE(log.has("connect"));
      EXPECT_TRUE(handle.connected());
      if (stops) io.stop();
    }
    EXPECT_FALSE(handle.connected() || handle.active());
    EXPECT_EQ(handle.id(), "");
    EXPECT_FALSE(handle.emit("message", 1));
  }
}

// ---- a loop of the application

TEST_F(Lifetime, RunsOnALoopOfTheApplication) {
  event_loop loop;
  auto options = quick();
  options.loop = loop;
  const auto here = std::this_thread::get_id();
  int answers = 0;
  client io(server().url(), options);
  client second(server().url("/custom"), options);
  for (auto* each : {&io, &second})
    each->on_connect([&, each] {
      EXPECT_EQ(std::this_thread::get_id(), here);
      each->emit("echo", [&](std::error_code) {
        EXPECT_EQ(std::this_thread::get_id(), here);
        if (++answers == 2) loop.stop();
      });
    });
  loop.run();
  EXPECT_EQ(answers, 2);
}

TEST_F(Lifetime, IsPolledByTheApplication) {
  event_loop loop;
  auto options = quick();
  options.loop = loop;
  std::optional<client> io(std::in_place, server().url(), options);
  bool answered = false;
  io->on_connect([&] { io->emit("echo", [&](std::error_code) { answered = true; }); });
  const auto until = [&](auto done) {
    const auto end = std::chrono::steady_clock::now() + journal::patience;
    while (!done() && std::chrono::steady_clock::now() < end) {
      loop.poll();
      const auto due = loop.deadline();
      const auto wait = due ? std::chrono::ceil<std::chrono::milliseconds>(
                                  *due - std::chrono::steady_clock::now())
                            : 1'000ms;
      pollfd one{loop.native_handle(), POLLIN, 0};
      ::poll(&one, 1, static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 1'000)));
    }
    return done();
  };
  EXPECT_TRUE(until([&] { return answered; }));
  EXPECT_TRUE(until([&] { return io->io().transport() == "websocket"; }));
  bool closed = false;
  io->on_disconnect([&](const client_disconnect&) { closed = true; });
  io->emit("close-me");
  EXPECT_TRUE(until([&] { return closed; }));
  io.reset();
  loop.poll();
}

// The loop may be gone before anybody polls again.
TEST_F(Lifetime, EndsWithALoopThatNobodyRunsAnyMore) {
  for (int i = 0; i < 20; ++i) {
    event_loop loop;
    auto options = quick();
    options.loop = loop;
    client io(server().url(), options);
    for (int turn = 0; turn < i; ++turn) loop.poll();
  }
}

// A loop is run again where it was left, and throws what work threw.
TEST_F(Lifetime, ALoopMayBeRunAgain) {
  event_loop loop;
  auto options = quick();
  options.loop = loop;
  client io(server().url(), options);
  loop.stop();
  loop.run();  // returns at once
  int answers = 0;
  io.on_connect([&] { loop.stop(); });
  loop.run();
  for (int i = 0; i < 3; ++i) {
    io.emit("echo", [&](std::error_code error) {
      answers += !error;
      loop.stop();
    });
    loop.run();
  }
  EXPECT_EQ(answers, 3);
  int ran = 0;
  loop.post([] { throw std::runtime_error("first"); });
  loop.post([&] { ++ran; });
  loop.post([] { throw std::logic_error("second"); });
  EXPECT_THROW(loop.run(), std::runtime_error);
  EXPECT_EQ(ran, 1);
  EXPECT_THROW(loop.poll(), std::logic_error);
  EXPECT_NO_THROW(loop.poll());
  loop.post([&] { ++ran; });  // nobody runs it any more
  io.stop();
}

TEST_F(Lifetime, WorkOfALoopThatIsGoneIsDropped) {
  int ran = 0;
  const auto alive = std::make_shared<int>(0);
  {
    event_loop loop;
    loop.post([&ran, alive] {
      ++ran;
      throw std::runtime_error("nobody is there to catch it");
    });
  }
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(alive.use_count(), 1);
}

// Whoever stops a loop need not wait until it has stopped before clients go; and they say good-bye.
TEST_F(Lifetime, EndsBesideALoopThatStops) {
  node_server own;
  for (int i = 0; i < 30; ++i) {
    event_loop loop;
    auto options = quick();
    options.transports = {"websocket"};
    options.loop = loop;
    auto io = std::make_unique<client>(own.url(), options);
    std::atomic<bool> connected{false};
    io->on_connect([&] { connected = true; });
    std::thread runs([loop] { loop.run(); });
    ASSERT_TRUE(soon([&] { return connected.load(); }));
    if (i % 2 == 0) io->emit("word");  // nobody has the time to wait until it is read
    loop.stop();
    io.reset();
    runs.join();
  }
  for (int i = 0; i < 30; ++i)
    EXPECT_EQ(own.wait_for("disconnect")["reason"], value("client namespace disconnect"));
}

// stop() of another thread leaves a loop to the thread that polls it.
TEST_F(Lifetime, AStopDoesNotTakeALoopAway) {
  event_loop loop;
  auto options = quick();
  options.loop = loop;
  client io(server().url(), options);
  journal log;
  std::atomic<bool> over{false}, elsewhere{false};
  std::atomic<std::thread::id> poller{};
  const auto check = [&] { elsewhere = elsewhere || std::this_thread::get_id() != poller.load(); };
  io.on_connect([&] {
    check();
    log.note("connect");
  });
  io.on_disconnect([&](const client_disconnect&) { check(); });
  std::thread polls([&] {
    poller = std::this_thread::get_id();
    while (!over) {
      loop.poll();
      static_cast<void>(loop.deadline());
      std::this_thread::sleep_for(1ms);
    }
  });
  EXPECT_TRUE(log.has("connect"));
  io.emit("message", 1);
  EXPECT_TRUE(io.stop(5s));
  over = true;
  polls.join();
  EXPECT_FALSE(elsewhere);
}

// ---- an executor

TEST_F(Lifetime, CallsBackThroughAnExecutor) {
  std::mutex mutex;
  std::deque<std::function<void()>> waiting;
  auto options = quick();
  options.executor = [&](std::function<void()> work) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(work));
  };
  const auto here = std::this_thread::get_id();
  journal log;
  const auto note = [&](std::string what) {
    EXPECT_EQ(std::this_thread::get_id(), here);
    log.note(std::move(what));
  };
  auto io = std::make_unique<client>(server().url(), options);
  io->on_connect([&] {
    note("connect");
    io->emit("message", 1, binary(std::string_view("abc")));
    io->emit("echo", "x", [&](std::error_code, std::string text) { note("ack " + text); });
  });
  io->on("message-back", [&](int n, binary bytes) {
    note("back " + std::to_string(n) + " " + std::string(bytes.view()));
  });
  const auto work_off = [&] {
    for (;;) {
      std::unique_lock lock(mutex);
      if (waiting.empty()) return;
      const auto work = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      work();
    }
  };
  ASSERT_TRUE(soon([&] {
    work_off();
    return log.count("ack x") == 1 && log.count("back 1 abc") == 1;
  })) << log.text();
  const auto lines = log.lines().size();
  io->emit("message", 2, binary(std::string_view("late")));
  ASSERT_TRUE(soon([&] {
    const std::lock_guard lock(mutex);
    return !waiting.empty();
  }));
  io.reset();
  work_off();  // what was on its way is not called any more
  EXPECT_EQ(log.lines().size(), lines);
}

// Any thread may use a socket.
TEST_F(Lifetime, IsUsedByManyThreads) {
  client io(server().url(), quick());
  std::atomic<int> answers{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        const auto id = io.on("none", [](int) {});
        io.emit("echo", i, [&](std::error_code error, int) { answers += !error; });
        io.off(id);
        static_cast<void>(io.id() + io.io().transport());
      }
    });
  for (auto& each : threads) each.join();
  EXPECT_TRUE(soon([&] { return answers == 400; })) << answers.load();
}

}  // namespace
}  // namespace socketio::test
