// A server of the public API on a free port of 127.0.0.1, run by a thread of its own until the end
// of the test.
#pragma once

#include "socketio/server.hpp"

#include <future>
#include <thread>

namespace socketio::test {

class running_server {
 public:
  explicit running_server(server_options options = {}) : io(on_a_free_port(std::move(options))) {}
  ~running_server() { stop(); }

  void start() {
    if (const auto error = io.listen()) throw std::system_error(error);
    runner_ = std::thread([this] { io.run(); });
  }
  void stop() {
    if (!runner_.joinable()) return;
    io.close();
    runner_.join();
  }

  // What `question` returns on the shard.
  template <class Question>
  auto ask(Question question) {
    std::promise<decltype(question())> answer;
    io.post([&] { answer.set_value(question()); });
    return answer.get_future().get();
  }
  server_counters counters() {
    return ask([this] { return io.counters(); });
  }
  // Waits until the counters say so; false after five seconds.
  template <class Condition>
  bool becomes(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition(counters()))
      if (std::chrono::steady_clock::now() > deadline) return false;
    return true;
  }

  server io;

 private:
  static server_options on_a_free_port(server_options options) {
    options.host = "127.0.0.1";
    options.port = 0;
    return options;
  }
  std::thread runner_;
};

}  // namespace socketio::test
