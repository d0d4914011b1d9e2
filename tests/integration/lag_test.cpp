// A handler that blocks its shard for longer than the peers have for an answer: what they have said
// meanwhile lies unread in the kernel, and must be heard before anybody is given up.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace socketio::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// What a test depends on, multiplied when the machine was too slow for it.
struct times {
  explicit times(int factor = 1) : ping_timeout(400 * factor), blocked(900 * factor) {}
  milliseconds ping_timeout, blocked;
};

// `test` says whether the clients could keep up. If not, they were late themselves, and the test
// has proved nothing: once more with more time.
template <class Test>
void with_time_enough(Test test) {
  for (const int factor : {1, 2, 4, 8})
    if (test(times(factor))) return;
  FAIL() << "nothing was proved: the clients themselves were late, even with eight times the time";
}

// WebSocket clients that a thread of their own keeps answering pings, and does nothing else.
class answering_clients {
 public:
  explicit answering_clients(milliseconds delay = {}) : delay_(delay), thread_([this] { run(); }) {}
  ~answering_clients() {
    stopping_ = true;
    thread_.join();
  }
  void add(std::uint16_t port) {
    auto made = std::make_unique<raw_websocket>(port);
    const std::string rest = made->peer.take_received();
    const std::lock_guard lock(mutex_);
    clients_.push_back(std::move(made));
    answer(*clients_.back(), rest);
  }
  raw_websocket& operator[](std::size_t which) {
    const std::lock_guard lock(mutex_);
    return *clients_[which];
  }
  long answered() const { return answered_; }
  // No ping waited longer for its answer than half of what is allowed.
  bool kept_up(const times& with) const { return slowest_.load() < with.ping_timeout / 2; }

 private:
  // The server sends nothing but pings.
  void answer(raw_websocket& who, std::string_view received) {
    constexpr std::string_view ping("\x81\x01\x32");
    if (received.find(ping) != received.npos) std::this_thread::sleep_for(delay_);
    for (auto at = received.find(ping); at != received.npos; at = received.find(ping, at + 3)) {
      who.peer.send(text_frame("3"));
      answered_++;
    }
  }
  void run() {
    while (!stopping_) {
      const auto begin = steady_clock::now();
      std::vector<pollfd> watched;
      {
        const std::lock_guard lock(mutex_);
        for (const auto& one : clients_) watched.push_back({one->peer.descriptor(), POLLIN, 0});
      }
      ::poll(watched.data(), watched.size(), 10);
      for (std::size_t i = 0; i < watched.size(); i++) {
        if (watched[i].revents == 0) continue;
        std::array<char, 1024> into;
        const auto got = ::recv(watched[i].fd, into.data(), into.size(), MSG_DONTWAIT);
        if (got > 0) answer((*this)[i], {into.data(), static_cast<std::size_t>(got)});
      }
      slowest_ = std::max(slowest_.load(), steady_clock::now() - begin);
    }
  }

  const milliseconds delay_;  // of an answer
  std::mutex mutex_;          // guards the list
  std::deque<std::unique_ptr<raw_websocket>> clients_;
  std::atomic<long> answered_{0};
  std::atomic<steady_clock::duration> slowest_{};  // round of all clients
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

template <class Condition>
bool within_twenty_seconds(Condition holds) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

server_options impatient(unsigned threads, const times& with) {
  server_options options;
  options.threads = threads;
  options.ping_interval = milliseconds(200);
  options.ping_timeout = with.ping_timeout;
  options.close_timeout = milliseconds(50);
  return options;
}

bool nobody_but_the_silent_is_given_up(unsigned threads, int clients, const times& with) {
  running_server server(impatient(threads, with));
  std::atomic<int> blocks{0}, given_up{0};
  server.io.on("block", [&] {
    std::this_thread::sleep_for(with.blocked);
    blocks++;
  });
  server.io.on_disconnect([&](const socket&, const disconnect_reason& why) {
    if (why.what == cause::no_pong) given_up++;
  });
  server.start();
  answering_clients all;
  for (int i = 0; i < clients; i++) all.add(server.io.port());
  const raw_websocket silent(server.io.port());
  const int blockers = 2 * static_cast<int>(threads);
  for (int i = 0; i < blockers; i++) all[static_cast<std::size_t>(i)].emit(R"(["block"])");
  EXPECT_TRUE(within_twenty_seconds([&] { return blocks == blockers; }));
  // And until everybody has answered once more.
  const long before = all.answered();
  EXPECT_TRUE(within_twenty_seconds([&] { return all.answered() >= before + 2 * clients; }));
  EXPECT_TRUE(within_twenty_seconds([&] { return given_up > 0; })) << "the silent one";
  if (!all.kept_up(with)) return false;
  EXPECT_EQ(given_up, 1);
  EXPECT_EQ(server.counters().sockets, static_cast<std::uint64_t>(clients));
  return true;
}

TEST(Lag, WhoAnswersInTimeStays) {
  with_time_enough([](auto with) { return nobody_but_the_silent_is_given_up(1, 20, with); });
}
TEST(Lag, MoreThanOneBatchOfThemStay) {
  with_time_enough([](auto with) { return nobody_but_the_silent_is_given_up(1, 400, with); });
}
TEST(Lag, TheyStayOnEveryShard) {
  with_time_enough([](auto with) { return nobody_but_the_silent_is_given_up(4, 100, with); });
}

bool a_ping_after_a_long_turn_has_its_full_time(const times& with) {
  running_server server(impatient(1, with));
  std::atomic<int> given_up{0}, blocks{0};
  server.io.on_disconnect([&](const socket&, const disconnect_reason&) { given_up++; });
  server.start();
  answering_clients all(milliseconds(5));
  for (int i = 0; i < 5; i++) all.add(server.io.port());
  // Timers that are due before pings, and expire with them.
  const std::function<void()> work = [&] {
    std::this_thread::sleep_for(with.ping_timeout + milliseconds(200));
    blocks++;
  };
  for (int i = 1; i <= 3; i++) {
    server.io.post([&] {
      server.io.set_timeout(milliseconds(0), work);
      std::this_thread::sleep_for(milliseconds(300));  // until pings are due
    });
    EXPECT_TRUE(within_twenty_seconds([&] { return blocks == i; }));
    const long before = all.answered();
    EXPECT_TRUE(within_twenty_seconds([&] { return given_up > 0 || all.answered() > before; }));
  }
  if (!all.kept_up(with)) return false;
  EXPECT_EQ(given_up, 0);
  return true;
}

TEST(Lag, APingAfterALongTurnHasItsFullTime) {
  with_time_enough(a_ping_after_a_long_turn_has_its_full_time);
}

TEST(Lag, AnAcknowledgementHasItsTimeFromWhenItIsAskedFor) {
  running_server server;
  server.io.on("work", [](const socket& who, ack<std::string> done) {
    std::this_thread::sleep_for(milliseconds(1'200));
    who.timeout(milliseconds(1'000)).emit("question", [done](std::error_code error, int answer) {
      done(error ? error.message() : std::to_string(answer));
    });
  });
  server.start();
  raw_websocket client(server.io.port());
  client.peer.send(text_frame(R"(421["work"])"));
  EXPECT_EQ(client.read(), R"(20["question"])");
  std::this_thread::sleep_for(milliseconds(50));
  client.peer.send(text_frame("430[7]"));
  EXPECT_EQ(client.read(), R"(31["7"])");
}

TEST(Lag, AnAnswerThatCameWhileTheShardWasBlockedIsHeard) {
  running_server server;
  server.io.on("ask", [&](const socket& who, ack<std::string> done) {
    who.timeout(milliseconds(300)).emit("question", [done](std::error_code error, int answer) {
      done(error ? error.message() : std::to_string(answer));
    });
    // Behind the flush; the answer comes meanwhile.
    server.io.set_timeout(milliseconds(1), [&, who] {
      std::this_thread::sleep_for(milliseconds(600));
      who.emit("busy");
      server.io.post([who] { who.emit("busy"); });
    });
  });
  server.start();
  raw_websocket client(server.io.port());
  client.peer.send(text_frame(R"(421["ask"])"));
  EXPECT_EQ(client.read(), R"(20["question"])");
  client.peer.send(text_frame("430[7]"));
  std::string next = client.read();
  while (next == R"(2["busy"])") next = client.read();
  EXPECT_EQ(next, R"(31["7"])");
}

}  // namespace
}  // namespace socketio::test
