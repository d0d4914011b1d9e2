// Code of the application that throws where nobody expects it: it is reported, and the server goes
// on.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <coroutine>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace socketio::test {
namespace {

// Remembers where exceptions were reported.
class errors {
 public:
  explicit errors(server& of) {
    of.on_error([this](std::exception_ptr, std::string_view where) {
      const std::lock_guard lock(mutex_);
      places_.emplace_back(where);
    });
  }
  std::vector<std::string> places() {
    const std::lock_guard lock(mutex_);
    return places_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> places_;
};

raw_response handshake(std::uint16_t port, std::string_view more_headers = "") {
  raw_client peer(port);
  peer.send(get("/socket.io/?EIO=4&transport=polling", more_headers));
  return peer.read_response();
}

// HD-04: the request is refused; the browser's client is served without the headers.
TEST(Guard, AnOriginThatCannotBeJudgedIsNotAllowed) {
  for (const bool chosen : {false, true}) {
    cors_options judging;
    judging.allow = [](std::string_view) -> bool { throw std::runtime_error("no idea"); };
    server_options options;
    options.cors = judging;
    if (chosen) options.cors->delegate = [judging](const http_request&) { return judging; };
    running_server server(options);
    errors seen(server.io);
    server.start();
    for (const std::string_view path :
         {"/socket.io/?EIO=4&transport=polling", "/socket.io/socket.io.js"}) {
      raw_client peer(server.io.port());
      peer.send(get(path, "Origin: https://example.org\r\n"));
      const auto answer = peer.read_response();
      EXPECT_EQ(answer.status, path.ends_with(".js") ? 200u : 400u);
      EXPECT_FALSE(answer.has("access-control-allow-origin"));
    }
    server.stop();
    EXPECT_EQ(seen.places(), (std::vector<std::string>{"cors.allow", "cors.allow"}));
  }
}

TEST(Guard, PostedWorkThatThrowsTakesNothingElseWithIt) {
  running_server server;
  errors seen(server.io);
  server.start();
  int ran = 0;
  server.ask([&] {  // all of these are in one batch
    server.io.post([&] { ++ran; });
    server.io.post([] { throw 42; });
    server.io.post([&] { ++ran; });
    return true;
  });
  EXPECT_EQ(server.ask([&] { return ran; }), 2);
  server.stop();
  EXPECT_EQ(seen.places(), std::vector<std::string>{"post"});
}

TEST(Guard, WorkOfTheLastTurnMayThrow) {
  running_server server;
  errors seen(server.io);
  server.start();
  int ran = 0;
  server.io.close([&] {
    ++ran;
    server.io.post([&] {
      ++ran;
      server.io.post([] { throw std::runtime_error("late"); });
      server.io.post([&] { ++ran; });
    });
    throw std::runtime_error("done");
  });
  server.stop();
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(seen.places(), (std::vector<std::string>{"close", "post"}));
}

TEST(Guard, AnIdGeneratorMayThrowAnything) {
  running_server server;
  server.io.engine().generate_id = [](const http_request&) -> std::optional<std::string> {
    throw 42;
  };
  server.start();
  EXPECT_EQ(handshake(server.io.port()).status, 400u);
  EXPECT_EQ(server.counters().refused[3], 1u);
}

TEST(Guard, AnErrorHandlerMayThrow) {
  running_server server;
  int told = 0;
  server.io.on_error([&](std::exception_ptr, std::string_view) {
    ++told;
    throw std::runtime_error("and this one too");
  });
  server.io.get("/", [](const http_request&) -> http_response { throw 42; });
  server.start();
  raw_client peer(server.io.port());
  peer.send(get("/"));
  EXPECT_EQ(peer.read_response().status, 500u);
  EXPECT_EQ(server.ask([&] { return told; }), 1);
  EXPECT_EQ(handshake(server.io.port()).status, 200u);
}

TEST(Guard, TheErrorHandlerOfRoutesMayThrow) {
  running_server server;
  server.io.routes().on_exception = [](const http_request&, std::exception_ptr) { throw 43; };
  server.io.get("/", [](const http_request&) -> http_response { throw 42; });
  server.start();
  raw_client peer(server.io.port());
  peer.send(get("/"));
  EXPECT_EQ(peer.read_response().status, 500u);
}

// ---- what goes on elsewhere

// Goes on in a thread of its own, when the test lets it.
struct elsewhere {
  std::vector<std::thread>& threads;
  std::shared_future<void> go_on;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    threads.emplace_back([waiting, go_on = go_on] {
      go_on.wait();
      waiting.resume();
    });
  }
  void await_resume() const noexcept {}
};

// Coroutines of all kinds that fail in another thread: reported on the shard, and nowhere when it
// has ended meanwhile.
class GuardElsewhere : public testing::Test {
 protected:
  static server_options ending_soon() {
    server_options options;
    options.close_timeout = std::chrono::milliseconds(50);  // nobody answers close frames here
    return options;
  }
  void SetUp() override {
    server_.io.on_error([this](std::exception_ptr, std::string_view where) {
      (std::this_thread::get_id() == shard_ ? here_ : foreign_).emplace_back(where);
    });
    server_.io.on("fail", [this]() -> task<int> {
      co_await hop();
      throw std::runtime_error("fail");
    });
    server_.io.use([this](socket) -> task<void> {
      co_await hop();
      throw std::runtime_error("middleware");
    });
    server_.io.of("/open");
    server_.io.of("/open").on("fail", [this]() -> task<int> {
      co_await hop();
      throw std::runtime_error("fail");
    });
    server_.start();
    server_.ask([this] {
      shard_ = std::this_thread::get_id();
      return true;
    });
  }
  void TearDown() override {
    for (std::thread& one : threads_) one.join();
  }
  elsewhere hop() { return {threads_, go_on_}; }
  // Begins one of each kind.
  void begin(raw_websocket& peer) {
    peer.peer.send(text_frame("40"));
    peer.peer.send(text_frame("40/open,"));
    EXPECT_TRUE(peer.read().starts_with("0/open,"));
    peer.peer.send(text_frame(R"(42/open,1["fail"])"));
    server_.io.start([](elsewhere away) -> task<> {
      co_await away;
      throw std::runtime_error("task");
    }(hop()));
    server_.becomes([](const server_counters& now) { return now.events_in == 1; });
    server_.ask([this] { return threads_.size(); });
  }

  std::promise<void> gate_;
  std::shared_future<void> go_on_ = gate_.get_future().share();
  std::vector<std::thread> threads_;         // of the shard, until it has ended
  std::vector<std::string> here_, foreign_;  // where it failed, by the thread that told
  std::thread::id shard_;
  running_server server_{ending_soon()};
};

TEST_F(GuardElsewhere, FailuresAreReportedOnTheShard) {
  raw_websocket peer(server_.io.port(), 0, /*join=*/false);
  begin(peer);
  gate_.set_value();
  EXPECT_TRUE(
      server_.becomes([](const server_counters& now) { return now.handler_exceptions == 3; }));
  server_.stop();
  std::ranges::sort(here_);
  EXPECT_EQ(here_, (std::vector<std::string>{"fail", "middleware", "task"}));
  EXPECT_TRUE(foreign_.empty()) << foreign_.front();
}

TEST_F(GuardElsewhere, FailuresDuringTheEndRaceWithNothing) {
  raw_websocket peer(server_.io.port(), 0, /*join=*/false);
  begin(peer);
  server_.io.close([this] { gate_.set_value(); });
  server_.stop();
  EXPECT_TRUE(foreign_.empty()) << foreign_.front();
}

TEST_F(GuardElsewhere, FailuresAfterTheEndAreReportedNowhere) {
  raw_websocket peer(server_.io.port(), 0, /*join=*/false);
  begin(peer);
  server_.stop();
  gate_.set_value();
  for (std::thread& one : threads_) one.join();
  threads_.clear();
  EXPECT_TRUE(here_.empty()) << here_.front();
  EXPECT_TRUE(foreign_.empty()) << foreign_.front();
}

}  // namespace
}  // namespace socketio::test
