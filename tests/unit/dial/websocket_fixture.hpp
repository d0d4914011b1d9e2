// A websocket whose sink writes down what it hears, on a loop that the test turns.
#pragma once

#include "dial/websocket.hpp"
#include "unit/dial/raw_server.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace socketio::test {

class recording_websocket_sink final : public dial::websocket_sink {
 public:
  void on_websocket_open(const dial::websocket_opened& how) override {
    opened = how;
    note("open");
  }
  void on_websocket_message(bool binary, std::string_view data) override {
    if (keeps_messages) messages.push_back((binary ? "b:" : "t:") + std::string(data));
    ++count;
    note("message");
  }
  void on_websocket_drained() override {
    ++drained;
    note("drained");
  }
  void on_websocket_pong(std::string_view data) override { pongs.emplace_back(data); }
  void on_websocket_closed(dial::failure reason) override {
    EXPECT_FALSE(why) << "closed twice: " << reason.detail;
    why = std::move(reason);
    note("closed");
  }
  void note(const std::string& what) {
    last = what;
    if (reaction) reaction(what);
  }

  std::optional<dial::websocket_opened> opened;
  std::vector<std::string> messages, pongs;
  std::size_t count = 0;
  bool keeps_messages = true;
  int drained = 0;
  std::optional<dial::failure> why;
  std::string last;
  std::function<void(const std::string&)> reaction;
};

class websocket_fixture : public ::testing::Test {
 protected:
  void dial(dial::websocket_request request) {
    socket.emplace(loop, options, std::move(request), sink);
    EXPECT_EQ(sink.last, "") << "told inside the constructor";
  }
  void dial(const raw_server& server) { dial({.url = server.url("ws")}); }
  ::testing::AssertionResult opens() {
    if (turn_until(loop, [this] { return sink.opened || sink.why; }) && !sink.why)
      return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << (sink.why ? sink.why->detail : "nothing happened");
  }
  dial::failure failure() {
    EXPECT_TRUE(turn_until(loop, [this] { return sink.why.has_value(); })) << "no failure";
    return sink.why.value_or(dial::failure{});
  }
  dial::failure failure_of(dial::websocket_request request) {
    socket.reset();
    sink = {};
    dial(std::move(request));
    return failure();
  }
  bool hears(std::size_t messages) {
    return turn_until(loop, [&] { return sink.count >= messages || sink.why; }) &&
           sink.count >= messages;
  }

  dial::reactor loop;
  dial_options options;
  recording_websocket_sink sink;
  std::optional<dial::websocket> socket;
};

}  // namespace socketio::test
