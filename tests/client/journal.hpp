// What happened, in order, as lines; callbacks write it, the test waits for lines of it. Copies are
// the same journal: a callback that runs while its client goes must have one of its own.
#pragma once

#include "socketio/client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace socketio::test {

class journal {
 public:
  static constexpr std::chrono::seconds patience{30};

  void note(std::string line) const {
    const std::lock_guard lock(in_->mutex);
    in_->lines.push_back(std::move(line));
    in_->changed.notify_all();
  }
  // True once `line` stands there, `times` times.
  bool has(std::string_view line, std::size_t times = 1,
           std::chrono::milliseconds within = patience) const {
    return until([&](const auto& all) { return count(all, line) >= times; }, within);
  }
  // A line that begins so; empty when none came.
  std::string find(std::string_view begin, std::chrono::milliseconds within = patience) const {
    std::string found;
    until(
        [&](const auto& all) {
          for (const auto& each : all)
            if (each.starts_with(begin)) return found = each, true;
          return false;
        },
        within);
    return found;
  }
  std::size_t count(std::string_view line) const {
    const std::lock_guard lock(in_->mutex);
    return count(in_->lines, line);
  }
  std::size_t count_prefix(std::string_view begin) const {
    const std::lock_guard lock(in_->mutex);
    return static_cast<std::size_t>(std::ranges::count_if(
        in_->lines, [&](const auto& each) { return each.starts_with(begin); }));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(in_->mutex);
    return in_->lines;
  }
  std::vector<std::string> first(std::size_t count) const {
    auto all = lines();
    all.resize(std::min(count, all.size()));
    return all;
  }
  void clear() {
    const std::lock_guard lock(in_->mutex);
    in_->lines.clear();
  }
  // Everything there was, for messages of failures.
  std::string text() const {
    std::string all;
    for (const auto& each : lines()) (all += each) += '\n';
    return all;
  }

 private:
  static std::size_t count(const std::vector<std::string>& all, std::string_view line) {
    return static_cast<std::size_t>(std::ranges::count(all, line));
  }
  template <class Done>
  bool until(Done&& done, std::chrono::milliseconds within) const {
    std::unique_lock lock(in_->mutex);
    return in_->changed.wait_for(lock, within, [&] { return done(in_->lines); });
  }

  struct inside {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> lines;
  };
  std::shared_ptr<inside> in_ = std::make_shared<inside>();
};

// For what another thread makes true soon and tells nobody of.
template <class Condition>
bool soon(Condition&& holds, std::chrono::milliseconds within = journal::patience) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// Writes down what a socket says of itself.
inline void watch(const client_socket& socket, journal into, std::string name = "") {
  if (!name.empty()) name += ' ';
  socket.on_connect([into, name] { into.note(name + "connect"); });
  socket.on_disconnect([into, name](const client_disconnect& why) {
    into.note(name + "disconnect: " + std::string(why.text()));
  });
  socket.on_connect_error([into, name](const connect_failure& why) {
    into.note(name + "connect_error: " + why.message);
  });
}

// And what its manager says.
inline void watch(const manager& io, journal into) {
  io.on_open([into] { into.note("open"); });
  io.on_error([into](const connect_failure& why) { into.note("error: " + why.message); });
  io.on_close(
      [into](const client_disconnect& why) { into.note("close: " + std::string(why.text())); });
  io.on_reconnect_attempt(
      [into](std::uint64_t number) { into.note("reconnect_attempt " + std::to_string(number)); });
  io.on_reconnect(
      [into](std::uint64_t number) { into.note("reconnect " + std::to_string(number)); });
  io.on_reconnect_error(
      [into](const connect_failure& why) { into.note("reconnect_error: " + why.message); });
  io.on_reconnect_failed([into] { into.note("reconnect_failed"); });
  io.on_upgrade([into](std::string_view to) { into.note("upgrade " + std::string(to)); });
  io.on_upgrade_error(
      [into](const connect_failure& why) { into.note("upgrade_error: " + why.message); });
}

}  // namespace socketio::test
