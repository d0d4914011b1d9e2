// Namespaces that clients make, on several shards: every shard knows them, nobody passes a
// middleware by, and they end while others come.
// Rows NS-02, NS-05 to NS-07, NS-15, Q-28, SV-08, SS-01.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace socketio::test {
namespace {

constexpr int clients = 24;

server_options spread_out() {
  server_options options;
  options.threads = 4;
  options.close_timeout = std::chrono::milliseconds(50);  // nobody answers close frames here
  return options;
}

// Joins `nsp` and returns what the server says.
std::string join(raw_websocket& peer, const std::string& nsp) {
  peer.peer.send(text_frame("40" + nsp + ","));
  return peer.read();
}
bool joined(const std::string& answer, const std::string& nsp) {
  return answer.starts_with("0" + nsp + R"(,{"sid":")");
}

// NS-02, NS-06, NS-07: one client makes it on its shard, the others find it on theirs, complete.
TEST(DynamicShards, AChildExistsOnAllOfThem) {
  running_server server(spread_out());
  std::atomic<int> passed{0}, made{0};
  std::mutex mutex;
  std::set<std::thread::id> shards;
  const auto parent = server.io.of(pattern("^/room-\\d+$"));
  parent.use([&](const socket&) { passed++; });
  parent.on("who", [&](const socket& from) {
    const std::lock_guard lock(mutex);
    shards.insert(std::this_thread::get_id());
    return std::string(from.nsp_name());
  });
  server.io.on_new_namespace([&](const nsp&) { made++; });
  server.start();
  std::deque<raw_websocket> peers;
  for (int i = 0; i < clients; i++) {
    raw_websocket& peer = peers.emplace_back(server.io.port());
    ASSERT_TRUE(joined(join(peer, "/room-1"), "/room-1"));
    peer.peer.send(text_frame(R"(42/room-1,1["who"])"));
    EXPECT_EQ(peer.read(), R"(3/room-1,1["/room-1"])");
  }
  EXPECT_EQ(passed, clients) << "on every shard the middlewares of the parent";
  EXPECT_GT(shards.size(), 1u);
  EXPECT_EQ(server.ask([&] { return made.load(); }), 1);
  EXPECT_EQ(parent.children().size(), 1u);
  EXPECT_EQ(server.io.of("/room-1").local_sockets().size(), std::size_t{clients});
  parent.emit("from the parent");
  for (raw_websocket& peer : peers) EXPECT_EQ(peer.read(), R"(2/room-1,["from the parent"])");
  server.io.of("/room-1").emit("from the child");
  for (raw_websocket& peer : peers) EXPECT_EQ(peer.read(), R"(2/room-1,["from the child"])");
  EXPECT_EQ(join(peers.front(), "/room-x"), R"(4/room-x,{"message":"Invalid namespace"})");
}

// NS-04: many at once; there is one child, and one of them has made it.
TEST(DynamicShards, ManyMakeItAtTheSameTime) {
  running_server server(spread_out());
  std::atomic<int> made{0}, connections{0};
  std::mutex mutex;
  std::vector<allow_fn> waiting;
  const auto parent = server.io.of([&](std::string_view, const value&, allow_fn next) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(next));
  });
  parent.on_connection([&](const socket&) { connections++; });
  server.io.on_new_namespace([&](const nsp&) { made++; });
  server.start();
  std::deque<raw_websocket> peers;
  for (int i = 0; i < clients; i++) {
    peers.emplace_back(server.io.port());
    peers.back().peer.send(text_frame("40/x,"));
  }
  const auto all_wait = [&] {
    const std::lock_guard lock(mutex);
    return waiting.size() == clients;
  };
  ASSERT_TRUE(server.becomes([&](const auto&) { return all_wait(); }));
  {
    const std::lock_guard lock(mutex);
    for (const allow_fn& next : waiting) next(true);
  }
  for (raw_websocket& peer : peers) EXPECT_TRUE(joined(peer.read(), "/x"));
  EXPECT_EQ(connections, clients);
  EXPECT_EQ(server.ask([&] { return made.load(); }), 1);
}

// NS-15, Q-28: they come and go as fast as they can; whoever is told that he has joined is there.
TEST(DynamicShards, AnEmptyOneGoesWhileOthersCome) {
  server_options options = spread_out();
  options.cleanup_empty_child_namespaces = true;
  running_server server(options);
  std::atomic<int> inherited{0}, joins{0};
  const auto parent = server.io.of(pattern("^/c\\d$"));
  parent.use([&](const socket&) { inherited++; });
  parent.on("echo", [](int n) { return n; });
  server.start();
  std::vector<std::thread> guests;
  for (int g = 0; g < 6; g++)
    guests.emplace_back([&, g] {
      raw_websocket peer(server.io.port());
      for (int i = 0; i < 60; i++) {
        const std::string nsp = "/c" + std::to_string((g + i) % 2);
        ASSERT_TRUE(joined(join(peer, nsp), nsp));
        joins++;
        peer.peer.send(text_frame("42" + nsp + ",1[\"echo\",7]"));
        ASSERT_EQ(peer.read(), "3" + nsp + ",1[7]");
        peer.peer.send(text_frame("41" + nsp + ","));
      }
    });
  for (auto& one : guests) one.join();
  EXPECT_EQ(joins, 360);
  EXPECT_EQ(inherited, 360);
  EXPECT_TRUE(server.becomes([&](const auto&) { return parent.children().empty(); }));
}

// once() of a namespace is once on all shards together.
TEST(DynamicShards, OnceIsOnceOnAllShards) {
  running_server server(spread_out());
  std::atomic<int> once{0}, connected{0};
  server.io.once("x", [&] { once++; });
  server.io.once_connection([&](const socket&) { connected++; });
  server.io.on("done", [] { return true; });
  server.start();
  std::deque<raw_websocket> peers;
  for (int i = 0; i < clients; i++) {
    raw_websocket& peer = peers.emplace_back(server.io.port());
    peer.peer.send(text_frame(R"(42["x"])") + text_frame(R"(421["done"])"));
    EXPECT_EQ(peer.read(), "31[true]");
  }
  EXPECT_EQ(once, 1);
  EXPECT_EQ(connected, 1);
}

// The limit is one of the server, and not of each shard.
TEST(DynamicShards, TheLimitIsForAll) {
  server_options options = spread_out();
  options.dynamic_namespaces_max = 3;
  running_server server(options);
  server.io.of([](std::string_view) { return true; });
  server.start();
  std::deque<raw_websocket> peers;
  int made = 0, refused = 0;
  for (int i = 0; i < clients; i++) {
    const std::string nsp = "/n" + std::to_string(i);
    const std::string answer = join(peers.emplace_back(server.io.port()), nsp);
    made += joined(answer, nsp);
    refused += answer == "4" + nsp + R"(,{"message":"Too many namespaces"})";
  }
  EXPECT_EQ(made, 3);
  EXPECT_EQ(refused, clients - 3);
  EXPECT_EQ(server.counters().namespaces_refused, static_cast<std::uint64_t>(clients - 3));
}

// NS-02: the longest name there may be, made to be tried in as many ways as possible, on the stack
// of a shard.
TEST(DynamicShards, AHostileNameKeepsNobodyWaiting) {
  server_options options = spread_out();
  options.namespace_name_bytes_max = 4'096;
  running_server server(options);
  server.io.of(pattern("^/(a+)+$"));
  server.io.of(pattern("^/(.|x)*y$"));
  server.start();
  const std::string name = "/" + std::string(4'094, 'a') + "!";
  raw_websocket peer(server.io.port());
  EXPECT_EQ(join(peer, name), "4" + name + R"(,{"message":"Invalid namespace"})");
  EXPECT_EQ(join(peer, name + "y"), "4" + name + R"(y,{"message":"Invalid namespace"})")
      << "too long";
  const std::string longest = "/" + std::string(4'095, 'a');
  EXPECT_TRUE(joined(join(peer, longest), longest));
}

// SS-03: the callback comes on a shard, whoever asks, also at the end.
TEST(DynamicShards, AServerWithoutOthersIsTold) {
  std::atomic<int> told{0};
  const auto note = [&](std::error_code, const std::vector<value>&) { told++; };
  {
    running_server server(spread_out());
    server.io.server_side_emit("before", note);
    server.start();
    server.io.server_side_emit("while", note);
    ASSERT_TRUE(server.becomes([&](const auto&) { return told == 2; }));
    server.stop();
    server.io.server_side_emit("after", note);
  }
  EXPECT_EQ(told, 3);
}

}  // namespace
}  // namespace socketio::test
