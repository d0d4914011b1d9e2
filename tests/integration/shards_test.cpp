// threads = n: rooms, broadcasts, acknowledgements and sessions do not care which shard a
// connection landed on. The kernel spreads connections, so the tests open enough of them to have
// some on every shard, and check that they do.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace socketio::test {
namespace {

constexpr unsigned threads = 4;
constexpr int clients = 40;

server_options spread_out() {
  server_options options;
  options.threads = threads;
  options.close_timeout = std::chrono::milliseconds(50);  // nobody answers close frames here
  return options;
}

class Shards : public testing::Test {
 protected:
  void SetUp() override {
    server_.io.on_connection([this](const socket& who) {
      const std::lock_guard lock(mutex_);
      shards_.insert(std::this_thread::get_id());
      sockets_.emplace(who.id(), who);
    });
    server_.io.on("join", [](const socket& from, std::string room) {
      from.join(room);
      return true;
    });
    server_.io.on("tell all", [this](int what) { server_.io.emit("news", what); });
    server_.io.on("tell room", [this](const std::string& room, int what) {
      server_.io.to(room).emit("news", what);
    });
    server_.io.on("tell others",
                  [](const socket& from, int what) { from.broadcast().emit("news", what); });
    server_.io.on("all join", [this](const std::string& room) {
      says_that_it_joined = true;
      server_.io.sockets_join(room);
    });
    server_.io.on_join_room([this](std::string_view room, std::string_view) {
      if (std::exchange(says_that_it_joined, false)) server_.io.to(room).emit("joined", room);
    });
    server_.start();
    for (int i = 0; i < clients; i++) peers_.emplace_back(server_.io.port());
    ASSERT_EQ(shards_.size(), threads) << "some shard got no connection";
  }
  void TearDown() override {
    server_.stop();
    EXPECT_EQ(server_.io.counters().sockets, 0u);
    EXPECT_EQ(server_.io.counters().pending_acks, 0u);
  }

  void expect_next(raw_websocket& at, const std::string& packet) { EXPECT_EQ(at.read(), packet); }
  void join(raw_websocket& who, const std::string& room) {
    who.peer.send(text_frame(R"(421["join",")" + room + R"("])"));
    ASSERT_EQ(who.read(), "31[true]");
  }
  socket handle(const raw_websocket& of) {
    const std::lock_guard lock(mutex_);
    return sockets_.at(of.sid);
  }

  static inline thread_local bool says_that_it_joined = false;
  running_server server_{spread_out()};
  std::deque<raw_websocket> peers_;
  std::mutex mutex_;  // guards what follows
  std::set<std::thread::id> shards_;
  std::map<std::string, socket, std::less<>> sockets_;
};

TEST_F(Shards, ABroadcastReachesEverybodyOnce) {
  peers_[0].emit(R"(["tell all",1])");
  for (auto& each : peers_) expect_next(each, R"(2["news",1])");
  server_.io.emit("news", 2);  // from a thread that is no shard
  for (auto& each : peers_) expect_next(each, R"(2["news",2])");
  peers_[3].emit(R"(["tell others",3])");
  for (int i = 0; i < clients; i++) {
    if (i != 3) expect_next(peers_[static_cast<std::size_t>(i)], R"(2["news",3])");
  }
}

TEST_F(Shards, RoomsAreShared) {
  for (std::size_t i = 0; i < peers_.size(); i += 3) join(peers_[i], "thirds");
  for (std::size_t i = 0; i < peers_.size(); i += 2) join(peers_[i], "evens");
  peers_[1].emit(R"(["tell room","thirds",1])");
  for (std::size_t i = 0; i < peers_.size(); i += 3) expect_next(peers_[i], R"(2["news",1])");
  server_.io.to("thirds").to("evens").except(std::string(peers_[6].sid)).emit("union");
  server_.io.to("thirds").except("evens").emit("difference");
  server_.io.emit("end");
  for (std::size_t i = 0; i < peers_.size(); i++) {
    const bool third = i % 3 == 0, even = i % 2 == 0;
    if ((third || even) && i != 6) expect_next(peers_[i], R"(2["union"])");
    if (third && !even) expect_next(peers_[i], R"(2["difference"])");
    expect_next(peers_[i], R"(2["end"])");
  }
  EXPECT_EQ(server_.io.room_size("thirds"), 14u);
  EXPECT_EQ(server_.io.room_names(), (std::vector<std::string>{"evens", "thirds"}));
  EXPECT_EQ(server_.io.local_sockets().size(), peers_.size());
}

TEST_F(Shards, ASocketIsReachedByItsId) {
  for (const auto& each : peers_) server_.io.to(each.sid).emit("hello", each.sid);
  for (auto& each : peers_) expect_next(each, R"(2["hello",")" + each.sid + R"("])");
}

// What one caller emits to one socket arrives in the order of the calls, whatever the calls are.
TEST_F(Shards, OneCallerKeepsItsOrder) {
  constexpr int rounds = 200;
  const auto caller = [this](int number, std::size_t target) {
    socket to = handle(peers_[target]);
    const std::string room = "room-" + std::to_string(number);
    to.join(room);
    for (int i = 0; i < rounds; i++) {
      switch (i % 4) {
        case 0: to.emit("n", number, i); break;
        case 1: server_.io.to(room).emit("n", number, i); break;
        case 2: server_.io.to(std::string(to.id())).emit("n", number, i); break;
        case 3:
          server_.io.in(room).sockets_join(room + "-more"),
              server_.io.to(room + "-more").emit("n", number, i);
          break;
      }
    }
  };
  std::thread first(caller, 1, 5), second(caller, 2, 5), third(caller, 3, 20);
  first.join();
  second.join();
  third.join();
  std::map<int, int> next;
  for (int i = 0; i < 2 * rounds; i++) {
    const std::string packet = peers_[5].read();
    int caller_number = 0, value = 0;
    ASSERT_EQ(std::sscanf(packet.c_str(), R"(2["n",%d,%d])", &caller_number, &value), 2) << packet;
    ASSERT_EQ(value, next[caller_number]++) << packet;
  }
  for (int i = 0; i < rounds; i++)
    ASSERT_EQ(peers_[20].read(), R"(2["n",3,)" + std::to_string(i) + "]");
}

TEST_F(Shards, ABroadcastWithAckGathersFromAllShards) {
  std::promise<broadcast_answers<int>> outcome;
  server_.io.timeout(std::chrono::milliseconds(500))
      .emit("q", [&](std::error_code error, std::vector<int> answers) {
        outcome.set_value({std::move(answers), error, {}});
      });
  int silent = 0;
  for (std::size_t i = 0; i < peers_.size(); i++) {
    const std::string question = peers_[i].read();
    const auto id = question.substr(1, question.find('[') - 1);
    if (i % 10 == 9)
      silent++;
    else
      peers_[i].peer.send(text_frame("43" + id + "[" + std::to_string(i) + "]"));
  }
  const auto partial = outcome.get_future().get();
  EXPECT_EQ(partial.error, make_error_code(errc::timed_out));
  EXPECT_EQ(partial.answers.size(), peers_.size() - static_cast<std::size_t>(silent));

  // From a handler, where the answers come home to its shard.
  std::promise<std::size_t> complete;
  server_.io.on("ask", [&] {
    server_.io.emit("q", [&](std::error_code, std::vector<int> answers) {
      complete.set_value(answers.size());
    });
  });
  peers_[0].emit(R"(["ask"])");
  for (auto& each : peers_) {
    const std::string question = each.read();
    const auto id = question.substr(1, question.find('[') - 1);
    each.peer.send(text_frame("43" + id + "[1]"));
  }
  EXPECT_EQ(complete.get_future().get(), peers_.size());
}

TEST_F(Shards, WhoeverLeavesDuringABroadcastWithAckIsMissing) {
  std::promise<broadcast_answers<int>> outcome;
  server_.io.emit("q", [&](std::error_code error, std::vector<int> answers) {
    outcome.set_value({std::move(answers), error, {}});
  });
  for (std::size_t i = 0; i < peers_.size(); i++) {
    const std::string question = peers_[i].read();
    const auto id = question.substr(1, question.find('[') - 1);
    if (i % 2)
      peers_[i].peer.reset();
    else
      peers_[i].peer.send(text_frame("43" + id + "[1]"));
  }
  const auto partial = outcome.get_future().get();
  EXPECT_EQ(partial.error, make_error_code(errc::disconnected));
  EXPECT_EQ(partial.answers.size(), peers_.size() / 2);
}

TEST_F(Shards, FetchSocketsSeesAll) {
  for (std::size_t i = 0; i < 10; i++) join(peers_[i], "ten");
  std::promise<std::vector<remote_socket>> found;
  server_.io.in("ten").fetch_sockets(
      [&](std::vector<remote_socket> all) { found.set_value(std::move(all)); });
  std::set<std::string> expected, got;
  for (std::size_t i = 0; i < 10; i++) expected.insert(peers_[i].sid);
  for (const auto& one : found.get_future().get()) {
    got.insert(one.id);
    one.emit("found");
  }
  EXPECT_EQ(got, expected);
  for (std::size_t i = 0; i < 10; i++) expect_next(peers_[i], R"(2["found"])");
  server_.io.in("ten").disconnect_sockets();
  for (std::size_t i = 0; i < 10; i++) expect_next(peers_[i], "1");
  EXPECT_TRUE(
      server_.becomes([](const server_counters& now) { return now.sockets == clients - 10; }));
}

// A thread that is no shard makes a socket join and emits to the room in the next breath.
TEST_F(Shards, AJoinIsSeenByTheNextBroadcastOfTheSameCaller) {
  for (int round = 0; round < 50; round++) {
    const std::string room = "fresh-" + std::to_string(round);
    const std::size_t who = static_cast<std::size_t>(round) % peers_.size();
    handle(peers_[who]).join(room);
    server_.io.to(room).emit("in", room);
    expect_next(peers_[who], R"(2["in",")" + room + R"("])");
  }
}

// The listener that is called at once on the caller's own shard broadcasts to the room: those of
// the other shards, whom the same call makes join, are in it by then.
TEST_F(Shards, AJoinOfManyReachesTheOtherShardsFirst) {
  for (std::size_t who = 0; who < peers_.size(); who++) {  // from each of the shards
    if (std::ranges::any_of(peers_.begin(), peers_.begin() + static_cast<std::ptrdiff_t>(who),
                            [&](const auto& one) { return one.sid[16] == peers_[who].sid[16]; }))
      continue;
    const std::string room = "all-" + std::to_string(who);
    peers_[who].emit(R"(["all join",")" + room + R"("])");
    for (auto& each : peers_)
      if (each.sid[16] != peers_[who].sid[16])
        expect_next(each, R"(2["joined",")" + room + R"("])");
    server_.io.emit("end");
    for (auto& each : peers_) {
      std::string packet = each.read();
      while (packet.starts_with(R"(2["joined")")) packet = each.read();
      EXPECT_EQ(packet, R"(2["end"])");
    }
  }
}

TEST_F(Shards, EverythingMayBeAskedFromAnyThread) {
  for (auto& each : peers_) {
    const socket who = handle(each);
    EXPECT_TRUE(who.connected());
    EXPECT_EQ(who.transport(), "websocket");
    EXPECT_EQ(who.rooms(), std::vector<std::string>{each.sid});
    EXPECT_TRUE(who.data().is_null());
    static_cast<void>(who.queued_bytes());
    static_cast<void>(who.handshake());
  }
}

// Also of sockets that leave at this moment; the thread sanitizer looks on.
TEST_F(Shards, WhoLeavesMayBeAskedFromAnyThread) {
  std::vector<socket> all;
  for (auto& each : peers_) all.push_back(handle(each));
  std::atomic<bool> asked{false};
  std::jthread asks([&](const std::stop_token& end) {
    while (!end.stop_requested()) {
      for (const socket& who : all) {
        EXPECT_EQ(who.id().size(), 20u);
        static_cast<void>(who.connected());
        static_cast<void>(who.transport());
        static_cast<void>(who.connection_id());
        static_cast<void>(who.queued_bytes());
        static_cast<void>(who.recovered());
      }
      asked = true;
    }
  });
  while (!asked) std::this_thread::yield();
  for (auto& each : peers_) each.peer.send(text_frame("41"));
  EXPECT_TRUE(server_.becomes([](const server_counters& now) { return now.sockets == 0; }));
}

// ---- no sticky sessions

// Every request on a connection of its own: three of four land on a foreign shard.
TEST(ShardSessions, PollingWithoutKeepAliveFindsItsSession) {
  running_server server(spread_out());
  server.io.on("echo", [](const std::string& text) { return text; });
  server.start();
  for (int i = 0; i < 40; i++) {
    const auto ask = [&](const std::string& request) {
      raw_client peer(server.io.port());
      peer.send(request);
      return peer.read_response();
    };
    const std::string path = "/socket.io/?EIO=4&transport=polling";
    const std::string opened = ask(get(path)).body;
    const std::string sid = opened.substr(opened.find("sid\":\"") + 6, 20);
    ASSERT_EQ(ask(post(path + "&sid=" + sid, "40")).body, "ok") << sid;
    ASSERT_TRUE(ask(get(path + "&sid=" + sid)).body.starts_with("40{"));
    ASSERT_EQ(ask(post(path + "&sid=" + sid, R"(421["echo","x"])")).body, "ok");
    ASSERT_EQ(ask(get(path + "&sid=" + sid)).body, R"(431["x"])");
    raw_client upgrading(server.io.port());
    ASSERT_EQ(upgrading.open_websocket("/socket.io/?EIO=4&transport=websocket&sid=" + sid), 101u);
    upgrading.send(text_frame("2probe"));
    ASSERT_EQ(upgrading.read_frame().payload, "3probe");
    upgrading.send(text_frame("5"));
    upgrading.send(text_frame(R"(422["echo","y"])"));
    ASSERT_EQ(upgrading.read_frame().payload, R"(432["y"])");
  }
  EXPECT_EQ(server.io.counters().upgrades, 40u);
  EXPECT_EQ(server.io.counters().refused[1], 0u) << "no session was unknown";
}

// A proxy that sends requests of many sessions over one connection, some of them pipelined.
TEST(ShardSessions, OneConnectionMayCarryManySessions) {
  running_server server(spread_out());
  server.start();
  const std::string path = "/socket.io/?EIO=4&transport=polling";
  std::vector<std::string> sids;
  std::set<char> shards;
  for (int i = 0; i < 30; i++) {
    raw_client peer(server.io.port());
    peer.send(get(path));
    const std::string opened = peer.read_response().body;
    sids.push_back(opened.substr(opened.find("sid\":\"") + 6, 20));
    shards.insert(sids.back()[16]);
  }
  ASSERT_EQ(shards.size(), threads);
  raw_client proxy(server.io.port());
  for (const std::string& sid : sids) proxy.send(post(path + "&sid=" + sid, "40"));
  for (std::size_t i = 0; i < sids.size(); i++) ASSERT_EQ(proxy.read_response().body, "ok") << i;
  for (const std::string& sid : sids) {
    proxy.send(get(path + "&sid=" + sid));
    ASSERT_TRUE(proxy.read_response().body.starts_with("40{"));
  }
  for (const std::string& sid : sids) proxy.send(post(path + "&sid=" + sid, "1"));
  for (std::size_t i = 0; i < sids.size(); i++) ASSERT_EQ(proxy.read_response().body, "ok");
  EXPECT_TRUE(server.becomes([](const server_counters& now) { return now.sessions == 0; }));
}

TEST(ShardSessions, IdsOfTheApplicationAreFoundToo) {
  running_server server(spread_out());
  std::atomic<int> next{0};
  server.io.engine().generate_id = [&](const http_request&) -> std::optional<std::string> {
    return "session-" + std::to_string(next++);
  };
  server.start();
  const std::string path = "/socket.io/?EIO=4&transport=polling";
  for (int i = 0; i < 20; i++) {
    raw_client opening(server.io.port());
    opening.send(get(path));
    const std::string sid = "session-" + std::to_string(i);
    ASSERT_NE(opening.read_response().body.find(sid), std::string::npos);
    raw_client other(server.io.port());
    other.send(post(path + "&sid=" + sid, "1"));
    ASSERT_EQ(other.read_response().body, "ok");
  }
}

// Two shards are asked for the same id, the second while the first is between the choice of the id
// and its session.
TEST(ShardSessions, AnIdOfTheApplicationIsGivenOnce) {
  running_server server(spread_out());
  std::mutex mutex;
  std::map<std::string, std::thread::id, std::less<>> shards;
  server.io.engine().generate_id = [&](const http_request& request) {
    const std::lock_guard lock(mutex);
    std::string id(request.query["id"]);
    shards[id] = std::this_thread::get_id();
    return id;
  };
  std::promise<void> held, go_on;
  std::atomic<int> opening{0};
  server.io.engine().on_initial_headers = [&](http_headers&, const http_request& request) {
    if (request.query["id"] != "same" || opening++ > 0) return;
    held.set_value();
    go_on.get_future().wait();
  };
  server.start();
  const auto shard_of = [&](raw_client& one, const std::string& id) {
    one.send(get("/socket.io/?EIO=4&transport=polling&id=" + id));
    EXPECT_EQ(one.read_response().status, 200u);
    const std::lock_guard lock(mutex);
    return shards[id];
  };
  std::deque<raw_client> peers;
  const std::thread::id shard = shard_of(peers.emplace_back(server.io.port()), "0");
  for (int i = 1; i < 50; i++)
    if (shard_of(peers.emplace_back(server.io.port()), std::to_string(i)) != shard) break;
  const std::string path = "/socket.io/?EIO=4&transport=websocket&id=same";
  std::thread first([&] { EXPECT_EQ(peers.front().open_websocket(path), 101u); });
  held.get_future().wait();
  EXPECT_EQ(peers.back().open_websocket(path), 400u);
  go_on.set_value();
  first.join();
  EXPECT_EQ(opening, 1);
}

TEST(ShardSessions, AnIdThatWasNotUsedIsFreeAgain) {
  running_server server(spread_out());
  server.io.engine().generate_id = [](const http_request&) { return std::string("the same"); };
  server.start();
  const std::string_view path = "/socket.io/?EIO=4&transport=websocket";
  for (int i = 0; i < 8; i++) {
    raw_client peer(server.io.port());
    peer.send(get(path,
                  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n"));
    ASSERT_EQ(peer.read_response().status, 400u);
    raw_client good(server.io.port());
    ASSERT_EQ(good.open_websocket(path), 101u) << i;
    good.reset();
    ASSERT_TRUE(server.becomes([](const server_counters& now) { return now.sessions == 0; }));
  }
}

TEST(ShardSessions, AnUnknownIdIsRefusedWhereverItPoints) {
  running_server server(spread_out());
  server.start();
  for (const char shard : {'A', 'B', 'C', 'D', 'E', '_', '*'}) {
    raw_client peer(server.io.port());
    peer.send(get("/socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAA" +
                  std::string(1, shard) + "AAA"));
    const auto answer = peer.read_response();
    EXPECT_EQ(answer.status, 400u);
    EXPECT_EQ(answer.body, R"({"code":1,"message":"Session ID unknown"})");
  }
}

}  // namespace
}  // namespace socketio::test
