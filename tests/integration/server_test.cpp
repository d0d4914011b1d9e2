// The server object: what is asked of it before, while and after it runs.
// Rows SV-01 to SV-04, SV-06, SV-07, SV-09, SV-10, SV-13, NS-01, OP-03, RM-07.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"
#include "socketio/adapter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace socketio::test {
namespace {

using namespace std::chrono_literals;

server_options on_a_free_port() {
  server_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  options.close_timeout = 50ms;  // nobody answers close frames here
  return options;
}

// SV-01, SV-02, SV-03, SV-06
TEST(ServerObject, it_knows_its_options_and_its_port) {
  server_options options = on_a_free_port();
  options.path = "/my/";
  options.connect_timeout = 7s;
  server io(options);
  EXPECT_EQ(io.options().path, "/my") << "without the slash at the end";
  EXPECT_EQ(io.options().connect_timeout, 7s);
  EXPECT_TRUE(io.options().serve_client);
  EXPECT_EQ(io.port(), 0);
  std::string opened;
  io.engine().on_open = [&](std::string_view sid, std::string_view) { opened = sid; };
  ASSERT_FALSE(io.listen());
  EXPECT_NE(io.port(), 0);
  EXPECT_EQ(io.listen(), std::errc::already_connected);
}

// SV-04, SV-07, NS-01
TEST(ServerObject, it_is_its_main_namespace) {
  running_server server(on_a_free_port());
  std::atomic<int> connections{0};
  EXPECT_EQ(server.io.of("/").name(), "/");
  EXPECT_EQ(server.io.sockets().name(), "/");
  EXPECT_EQ(server.io.of("chat", [&](const socket&) { connections += 100; }).name(), "/chat");
  server.io.of("/").on_connection([&](const socket&) { connections += 1; });
  server.io.sockets().on("x", [] { return 1; });
  EXPECT_THROW(server.io.on("connection", [] {}), std::invalid_argument);
  EXPECT_THROW(server.io.on("connect", [] {}), std::invalid_argument);
  server.start();
  raw_websocket peer(server.io.port());
  peer.peer.send(text_frame(R"(421["x"])") + text_frame("40/chat,"));
  EXPECT_EQ(peer.read(), "31[1]");
  EXPECT_TRUE(peer.read().starts_with("0/chat,{"));
  EXPECT_EQ(server.ask([&] { return connections.load(); }), 101);
}

// SV-09: a server that never listened, never ran, or has closed already.
TEST(ServerObject, close_tells_whoever_asks_however_often_and_whenever) {
  for (const bool listens : {false, true}) {
    int told = 0;
    {
      server io(on_a_free_port());
      if (listens) {
        ASSERT_FALSE(io.listen());
      }
      io.close([&] { told++; });
      io.close([&] { told++; });
      EXPECT_EQ(told, 0) << "nobody runs it yet";
      io.run();
      EXPECT_EQ(told, 2);
      io.close([&] { told++; });
      EXPECT_EQ(told, 3);
      EXPECT_TRUE(io.listen()) << "SV-10: a closed server stays so";
      io.run();
      io.close();
    }
    EXPECT_EQ(told, 3);
  }
  int told = 0;
  {
    server io(on_a_free_port());
    io.close([&] { told++; });
  }
  EXPECT_EQ(told, 1) << "the destructor runs it to its end";
}

TEST(ServerObject, SV09_close_inside_a_handler_and_from_another_thread) {
  running_server server(on_a_free_port());
  std::atomic<int> told{0};
  std::promise<void> closing;
  server.io.on("close", [&] {
    server.io.close([&] { told++; });
    server.io.close([&] { told++; });
    closing.set_value();
  });
  server.start();
  raw_websocket peer(server.io.port());
  peer.peer.send(text_frame(R"(42["close"])"));
  closing.get_future().get();
  std::thread([&] { server.io.close([&] { told++; }); }).join();
  server.stop();
  EXPECT_EQ(told, 3);
}

// SV-13: each packet is handled in order, and each of them by itself.
TEST(ServerObject, packets_of_one_read_are_handled_in_their_order) {
  running_server server(on_a_free_port());
  std::string heard;
  server.io.on("x", [&](const socket& from, int n) {
    heard += std::to_string(n);
    if (n == 2) from.disconnect();
  });
  server.start();
  raw_websocket peer(server.io.port());
  std::string all;
  for (int n = 1; n <= 3; n++) all += text_frame("42[\"x\"," + std::to_string(n) + "]");
  peer.peer.send(all);
  EXPECT_EQ(peer.read(), "1");
  EXPECT_EQ(server.ask([&] { return heard; }), "12") << "what comes behind its end is ignored";
}

// ---- adapters (OP-03, RM-07, SV-09)

struct slow_adapter final : adapter {
  using closing = std::function<void(std::function<void()>)>;
  slow_adapter(const adapter_context& of, closing how) : adapter(of), how_(std::move(how)) {}
  void close(std::function<void()> closed) override { how_(std::move(closed)); }
  closing how_;
};

server_options with_adapter(slow_adapter::closing how, unsigned threads) {
  server_options options = on_a_free_port();
  options.threads = threads;
  options.adapter = [how](const adapter_context& of) {
    return std::make_unique<slow_adapter>(of, how);
  };
  return options;
}

TEST(ServerAdapter, close_waits_until_every_adapter_has_closed) {
  for (const unsigned threads : {1u, 3u}) {
    std::atomic<int> closed{0};
    std::mutex mutex;
    std::vector<std::thread> elsewhere;
    auto options = with_adapter(
        [&](const std::function<void()>& done) {
          const std::lock_guard lock(mutex);
          elsewhere.emplace_back([&closed, done] {
            std::this_thread::sleep_for(30ms);
            closed++;
            done();
          });
        },
        threads);
    options.close_timeout = 10s;
    int closed_then = -1;
    {
      running_server server(options);
      server.io.of("/other");
      server.start();
      server.io.close([&] { closed_then = closed; });
    }
    for (std::thread& one : elsewhere) one.join();
    EXPECT_EQ(closed_then, 2) << threads;
  }
}

TEST(ServerAdapter, an_adapter_that_never_closes_is_not_waited_for_beyond_the_timeout) {
  std::function<void()> late;
  {
    running_server server(
        with_adapter([&](std::function<void()> done) { late = std::move(done); }, 1));
    server.start();
  }
  late();  // harmless
}

TEST(ServerAdapter, one_that_throws_when_it_closes_holds_nobody_up) {
  auto options = with_adapter([](const auto&) { throw std::runtime_error("broken"); }, 2);
  options.close_timeout = 100s;
  running_server server(options);
  server.start();
  server.stop();
}

// RM-05: what an adapter sees of several shards.
struct seeing_adapter final : adapter {
  seeing_adapter(const adapter_context& of, std::atomic<int>& broadcasts, std::atomic<int>& joins)
      : adapter(of), broadcasts_(broadcasts), joins_(joins) {}
  bool broadcast(const broadcast_packet& what, const broadcast_options& to) override {
    broadcasts_++;
    return adapter::broadcast(what, to);
  }
  void add_all(const socket& who, std::span<const std::string> rooms) override {
    joins_++;
    adapter::add_all(who, rooms);
  }
  std::atomic<int>&broadcasts_, &joins_;
};

TEST(ServerAdapter, with_several_shards_it_hears_each_thing_once) {
  std::atomic<int> broadcasts{0}, joins{0};
  server_options options = on_a_free_port();
  options.threads = 4;
  options.adapter = [&](const adapter_context& of) {
    return std::make_unique<seeing_adapter>(of, broadcasts, joins);
  };
  running_server server(options);
  server.io.on("join", [](const socket& from) { return from.join("r"), true; });
  server.start();
  std::deque<raw_websocket> peers;
  for (int i = 0; i < 12; i++) {
    peers.emplace_back(server.io.port()).peer.send(text_frame(R"(421["join"])"));
    EXPECT_EQ(peers.back().read(), "31[true]");
  }
  EXPECT_EQ(joins, 24) << "its own room, and the other";
  server.io.to("r").emit("x");
  for (auto& peer : peers) EXPECT_EQ(peer.read(), R"(2["x"])");
  EXPECT_EQ(broadcasts, 1);
  int answers = 0;
  std::promise<void> done;
  server.io.timeout(5s).emit("q", [&](std::error_code, const std::vector<int>& all) {
    answers = static_cast<int>(all.size());
    done.set_value();
  });
  for (auto& peer : peers) {
    const std::string question = peer.read();
    peer.peer.send(text_frame("43" + question.substr(1, question.find('[') - 1) + "[1]"));
  }
  done.get_future().get();
  EXPECT_EQ(answers, 12);
}

}  // namespace
}  // namespace socketio::test
