// A handler that blocks its shard is named, while it does and afterwards.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace socketio::test {
namespace {

using std::chrono::milliseconds;

server_options watched(milliseconds after = milliseconds(20), unsigned threads = 1) {
  server_options options;
  options.blocked_after = after;
  options.threads = threads;
  options.close_timeout = milliseconds(50);
  return options;
}

// A server whose handlers block until they were told of. On a busy machine a turn may have been
// long before its handler began, and is then told first: only who wants to hears of turns.
class watched_server : public running_server {
 public:
  explicit watched_server(server_options options = watched(), bool hears_of_turns = false)
      : running_server(options) {
    io.on_blocked([this, hears_of_turns](const blocked_handler& what) {
      if (what.name == "turn" && !hears_of_turns) return;
      const std::lock_guard lock(mutex_);
      told_.push_back(what);
      changed_.notify_all();
      throw std::runtime_error("dropped");
    });
  }
  // In a handler: until the watchdog has said so.
  void block() { EXPECT_TRUE(wait_for(blocks_++ * 2 + 1)); }
  // What was told of the only block: while it lasted and when it was over.
  std::pair<blocked_handler, blocked_handler> take() {
    EXPECT_TRUE(wait_for(2));
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(told_.size(), 2u);
    told_.resize(2);
    return {told_[0], told_[1]};
  }
  blocked_handler first_told() {
    EXPECT_TRUE(wait_for(1));
    const std::lock_guard lock(mutex_);
    return told_.at(0);
  }

 private:
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(5), [&] { return told_.size() >= count; });
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<blocked_handler> told_;
  std::size_t blocks_ = 0;
};

TEST(Watchdog, AnEventHandlerIsNamedWhileItBlocksAndAfterwards) {
  watched_server server;
  server.io.of("/admin").on("slow", [&] {
    server.block();
    return true;
  });
  server.start();
  raw_websocket client(server.io.port());
  client.peer.send(text_frame("40/admin,"));
  client.read();
  client.peer.send(text_frame(R"(42/admin,1["slow"])"));
  EXPECT_EQ(client.read(), "3/admin,1[true]");
  const auto [during, after] = server.take();
  EXPECT_EQ(during.name, "slow");
  EXPECT_EQ(during.nsp, "/admin");
  EXPECT_EQ(during.shard, 0u);
  EXPECT_GE(during.time, milliseconds(20));
  EXPECT_FALSE(during.over);
  EXPECT_EQ(after.name, "slow");
  EXPECT_EQ(after.nsp, "/admin");
  EXPECT_GE(after.time, during.time);
  EXPECT_TRUE(after.over);
  EXPECT_EQ(server.counters().handlers_blocked, 1u);
}

TEST(Watchdog, CallbacksAreNamedByTheirKind) {
  const auto name_of = [](auto&& prepare) {
    watched_server server;
    prepare(server);
    server.start();
    {
      raw_websocket client(server.io.port());
      client.emit(R"(["any"])");
      client.peer.send(text_frame("41"));
      EXPECT_TRUE(server.becomes([](const auto& now) { return now.handlers_blocked > 0; }));
    }
    const auto told = server.take().first;
    return told.name + " " + told.nsp;
  };
  EXPECT_EQ(
      name_of([](watched_server& of) { of.io.on_connection([&](const socket&) { of.block(); }); }),
      "on_connection /");
  EXPECT_EQ(name_of([](watched_server& of) {
              of.io.on_disconnect([&](const socket&, const disconnect_reason&) { of.block(); });
            }),
            "on_disconnect /");
  EXPECT_EQ(name_of([](watched_server& of) {
              of.io.use([&](const socket&, const next_fn& next) {
                of.block();
                next();
              });
            }),
            "middleware /");
  EXPECT_EQ(name_of([](watched_server& of) {
              of.io.on_connection([&](const socket& who) {
                who.use([&](event_packet&, const next_fn& next) {
                  of.block();
                  next();
                });
              });
            }),
            "event middleware /");
  EXPECT_EQ(name_of([](watched_server& of) { of.io.post([&] { of.block(); }); }), "post ");
  EXPECT_EQ(
      name_of([](watched_server& of) { of.io.set_timeout(milliseconds(0), [&] { of.block(); }); }),
      "set_timeout ");
  EXPECT_EQ(name_of([](watched_server& of) {
              of.io.engine().allow_request = [&](const auto&, const auto& decide) {
                of.block();
                decide(std::nullopt);
              };
            }),
            "allow_request ");
}

TEST(Watchdog, ARouteIsNamedByItsPath) {
  watched_server server;
  server.io.get("/report", [&](const http_request&) {
    server.block();
    return http_response::text(200, "done");
  });
  server.start();
  raw_client peer(server.io.port());
  peer.send(get("/report"));
  EXPECT_EQ(peer.read_response().status, 200u);
  EXPECT_EQ(server.take().first.name, "route /report");
}

TEST(Watchdog, TheShardIsTheOneThatIsBlocked) {
  constexpr unsigned threads = 4;
  watched_server server(watched(milliseconds(20), threads));
  std::mutex mutex;
  std::thread::id blocked;
  server.io.on("slow", [&] {
    {
      const std::lock_guard lock(mutex);
      blocked = std::this_thread::get_id();
    }
    server.block();
    return true;
  });
  server.start();
  raw_websocket client(server.io.port());
  client.peer.send(text_frame(R"(421["slow"])"));
  EXPECT_EQ(client.read(), "31[true]");
  const auto [during, after] = server.take();
  EXPECT_EQ(during.shard, after.shard);
  EXPECT_LT(during.shard, threads);
  const bool first = server.ask([] { return std::this_thread::get_id(); }) == blocked;
  EXPECT_EQ(during.shard == 0, first);
}

TEST(Watchdog, ZeroSwitchesItOff) {
  watched_server server(watched(milliseconds(0)));
  server.start();
  server.ask([] {
    std::this_thread::sleep_for(milliseconds(150));
    return true;
  });
  EXPECT_EQ(server.counters().handlers_blocked, 0u);
}

// False when one of them was not short, because the machine stood still.
bool many_short_handlers_are_not_a_slow_one(milliseconds limit) {
  using std::chrono::steady_clock;
  watched_server server(watched(limit));
  steady_clock::duration longest{};
  server.io.on("short", [&] {
    const auto begin = steady_clock::now();
    std::this_thread::sleep_for(milliseconds(2));
    longest = std::max(longest, steady_clock::now() - begin);
  });
  server.io.on("last", [] { return true; });
  server.start();
  raw_websocket client(server.io.port());
  std::string all;
  for (int i = 0; i < 300; i++) all += text_frame(R"(42["short"])");
  client.peer.send(all + text_frame(R"(421["last"])"));
  EXPECT_EQ(client.read(), "31[true]");
  if (server.ask([&] { return longest > limit / 2; })) return false;
  EXPECT_EQ(server.counters().handlers_blocked, 0u);
  return true;
}

TEST(Watchdog, ManyShortHandlersAreNotASlowOne) {
  for (int attempt = 0; attempt < 5; attempt++)
    if (many_short_handlers_are_not_a_slow_one(milliseconds(300))) return;
  FAIL()
      << "nothing was proved: a handler that sleeps for 2 ms took 150 ms in each of five attempts";
}

// None of them is slow; all together keep the others waiting.
TEST(Watchdog, ATurnOfManyShortHandlersIsNamed) {
  watched_server server(watched(milliseconds(50)), /*hears_of_turns=*/true);
  server.io.on("short", [] { std::this_thread::sleep_for(milliseconds(1)); });
  server.io.on("last", [] { return true; });
  server.start();
  raw_websocket client(server.io.port());
  std::string all;
  for (int i = 0; i < 255; i++) all += text_frame(R"(42["short"])");
  client.peer.send(all + text_frame(R"(421["last"])"));
  EXPECT_EQ(client.read(), "31[true]");
  EXPECT_TRUE(server.becomes([](const auto& now) { return now.turns_blocked > 0; }));
  const auto first = server.first_told();
  EXPECT_EQ(first.name, "turn");
  EXPECT_GE(first.time, milliseconds(50));
}

TEST(Watchdog, ByDefaultItIsWrittenToStderr) {
  running_server server(watched());
  server.io.on("slow", [&] {
    while (server.io.counters().handlers_blocked == 0) std::this_thread::yield();
    return true;
  });
  testing::internal::CaptureStderr();
  server.start();
  raw_websocket client(server.io.port());
  client.peer.send(text_frame(R"(421["slow"])"));
  EXPECT_EQ(client.read(), "31[true]");
  server.stop();
  const std::string text = testing::internal::GetCapturedStderr();
  const std::string fields = " handler=slow nsp=/ shard=0 ms=";
  EXPECT_NE(text.find("socketio: handler blocks its shard" + fields), text.npos) << text;
  EXPECT_NE(text.find("socketio: handler blocked its shard" + fields), text.npos) << text;
}

}  // namespace
}  // namespace socketio::test
