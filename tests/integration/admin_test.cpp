// The Admin UI's namespace on several shards, behind adapters that fail, and at the end of the
// server. What a page is told in peace is in tests/conformance/admin.test.mjs.
// Rows AU-01, AU-03, Q-33.
#include "socketio/admin.hpp"

#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"
#include "socketio/adapter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace socketio::test {
namespace {

using namespace std::chrono_literals;

server_options spread_out(unsigned threads = 4) {
  server_options options;
  options.threads = threads;
  options.close_timeout = 50ms;  // nobody answers close frames here
  return options;
}

struct page : raw_websocket {
  explicit page(std::uint16_t port, const std::string& auth = "") : raw_websocket(port, 0, false) {
    peer.send(text_frame("40/admin," + auth));
  }
  // The next packet that begins so; empty: there was none in time.
  std::string next(const std::string& begin, std::chrono::seconds patience = 10s) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline)
      if (const std::string packet = read(); packet.starts_with(begin)) return packet;
    return {};
  }
  std::string all_sockets() { return next(R"(2/admin,["all_sockets",)"); }
};

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    found++;
  return found;
}

// An adapter whose other servers do not answer as they should.
using fetched = std::function<void(std::error_code, std::vector<remote_socket>)>;
struct failing_adapter : adapter {
  failing_adapter(const adapter_context& of, std::function<void(failing_adapter&, fetched)> how)
      : adapter(of), how_(std::move(how)) {}
  void fetch_sockets(const broadcast_options&, fetched done) override { how_(*this, done); }
  std::function<void(failing_adapter&, fetched)> how_;
};

// What a page is told of all sockets when there are two here and the adapters fail in this way.
std::string told_behind(std::function<void(failing_adapter&, fetched)> how) {
  server_options options = spread_out(2);
  options.adapter = [how](const adapter_context& of) {
    return std::make_unique<failing_adapter>(of, how);
  };
  running_server server(options);
  server.io.on_error([](std::exception_ptr, std::string_view) {});
  admin::instrument(server.io, {.auth = admin::no_auth(), .mode = admin::mode::development});
  server.start();
  raw_websocket a(server.io.port()), b(server.io.port());
  return page(server.io.port()).all_sockets();
}

// Q-33
TEST(AdminAdapters, OnesThatThrowCostNothing) {
  const std::string told =
      told_behind([](failing_adapter&, const fetched&) { throw std::runtime_error("no network"); });
  EXPECT_EQ(count(told, R"("clientId":)"), 3u) << told;
}

// Q-33: what was found until then counts, each socket once, and ours with all that is known here.
TEST(AdminAdapters, OnesThatFailGiveWhatTheyHave) {
  const std::string told = told_behind([](failing_adapter& self, const fetched& done) {
    self.adapter::fetch_sockets(
        {}, [&self, done](std::error_code, std::vector<remote_socket> ours) {
          remote_socket other;
          other.id = "from another server";
          other.nsp = self.of().impl();
          other.data = value::map({{"_admin", value::map({{"clientId", "abcdefghijkl"}})}});
          if (self.nsp_name() == "/") ours.push_back(other);
          done(make_error_code(std::errc::timed_out), ours);
          done({}, ours);  // twice, as no adapter should
        });
  });
  EXPECT_EQ(count(told, R"("clientId":)"), 4u) << told;
  EXPECT_EQ(count(told, R"("clientId":null)"), 0u) << told;
  EXPECT_EQ(count(told, R"("id":"from another server")"), 1u) << told;
}

// Q-33
TEST(AdminAdapters, OnesThatAreSilentAreNotWaitedForForEver) {
  const std::string told = told_behind([](failing_adapter&, const fetched&) {});
  EXPECT_EQ(count(told, R"("clientId":)"), 3u) << told;
}

// AU-01, AU-03: pages come and go while everything moves on all shards; in the end a page's picture
// is what is true.
TEST(AdminShards, PagesComeWhileEverythingMoves) {
  running_server server(spread_out());
  server.io.on("join", [](const socket& from, std::string room) { from.join(room); });
  server.io.on("say", [&](const socket&, int n) { server.io.emit("said", n); });
  server.io.on_connection([](const socket& who) { who.data()["name"] = std::string(who.id()); });
  admin::instrument(server.io, {.auth = admin::no_auth(), .mode = admin::mode::development});
  server.start();
  const std::uint16_t port = server.io.port();
  std::atomic<bool> failed{false};
  std::vector<std::thread> people;
  for (int n = 0; n < 3; n++)
    people.emplace_back([port, n] {
      for (int i = 0; i < 15; i++) {
        raw_websocket one(port);
        one.emit(R"(["join","room )" + std::to_string(i % 3) + R"("])");
        one.emit(R"(["say",)" + std::to_string(n) + "]");
        one.read();
      }
    });
  people.emplace_back([port, &failed] {
    for (int i = 0; i < 15; i++)
      if (page(port).all_sockets().empty()) failed = true;
  });
  for (std::thread& one : people) one.join();
  EXPECT_FALSE(failed);
  EXPECT_TRUE(server.becomes([](const server_counters& now) { return now.sockets == 0; }));
  page last(port);
  EXPECT_EQ(count(last.all_sockets(), R"("clientId":)"), 1u);
  raw_websocket one(port);
  EXPECT_NE(last.next(R"(2/admin,["socket_connected",{"id":")" + one.sid), "");
}

// AU-01: what a shard with pages does not take, because too much waits there, is made up for.
TEST(AdminShards, WhatDidNotComeToAPageIsToldAnew) {
  server_options options = spread_out();
  options.posted_bytes_max = 1;
  running_server server(options);
  admin::instrument(server.io, {.auth = admin::no_auth(), .mode = admin::mode::development});
  server.start();
  page watching(server.io.port());
  EXPECT_EQ(count(watching.all_sockets(), R"("clientId":)"), 1u);
  std::vector<std::unique_ptr<raw_websocket>> others;
  for (int i = 0; i < 16; i++)  // on all shards, but for one case in many millions
    others.push_back(std::make_unique<raw_websocket>(server.io.port()));
  std::size_t told = 0;
  for (int tries = 0; told != 17 && tries < 5; tries++) {
    for (const auto& one : others) one->emit(R"(["something to tell"])");
    told = count(watching.all_sockets(), R"("clientId":)");
  }
  EXPECT_EQ(told, 17u);
}

// AU-03: the mode that was not said.
TEST(AdminMode, IsThatOfTheEnvironment) {
  const char* const before = std::getenv("NODE_ENV");
  const std::string kept = before ? before : "";
  const auto is_development = [] {
    running_server server(spread_out(1));
    admin::instrument(server.io, {.auth = admin::no_auth()});
    server.start();
    return page(server.io.port()).next(R"(2/admin,["config",)").find("ALL_EVENTS") !=
           std::string::npos;
  };
  ::unsetenv("NODE_ENV");
  EXPECT_TRUE(is_development());
  for (const auto& [name, development] :
       {std::pair("development", true), {"", true}, {"production", false}, {"test", false}}) {
    ::setenv("NODE_ENV", name, 1);
    EXPECT_EQ(is_development(), development) << name;
  }
  before ? ::setenv("NODE_ENV", kept.c_str(), 1) : ::unsetenv("NODE_ENV");
}

// AU-01: passwords that are being hashed when the server ends.
TEST(AdminShards, AServerMayEndWhileSomebodyLogsIn) {
  const std::string hash = "$2b$10$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
  for (const bool before_the_end : {true, false}) {
    running_server server(spread_out(2));
    admin::instrument(server.io, {.auth = admin::basic_auth{"ann", hash}});
    server.start();
    std::vector<std::unique_ptr<page>> pages;
    for (int i = 0; i < 5; i++)
      pages.push_back(
          std::make_unique<page>(server.io.port(), R"({"username":"ann","password":"guess"})"));
    if (before_the_end)
      EXPECT_EQ(pages.front()->read(), R"(4/admin,{"message":"invalid credentials"})");
    else
      EXPECT_TRUE(server.becomes([](const server_counters& now) { return now.sessions == 5; }));
  }
}

}  // namespace
}  // namespace socketio::test
