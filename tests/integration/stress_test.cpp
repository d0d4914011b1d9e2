// Five hundred clients that misbehave, over both transports, on one shard and on four: they never
// answer, die inside an acknowledgement, or stop reading. Afterwards nothing of it is left: no
// pending acknowledgement, no queued byte, no descriptor, and no memory that grows with each round.
#include "base/sanitizers.hpp"
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace socketio::test {
namespace {

using std::chrono::milliseconds;

constexpr int clients = 500;

struct setting {
  bool websocket;
  unsigned threads;
};

class Stress : public testing::TestWithParam<setting> {
 protected:
  static void SetUpTestSuite() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  void start(server_options options = {}) {
    options.threads = GetParam().threads;
    options.close_timeout = milliseconds(50);
    server_ = std::make_unique<running_server>(options);
    server_->start();
  }
  void connect() {
    for (int i = 0; i < clients; i++) {
      if (GetParam().websocket)
        websockets_.emplace_back(server_->io.port(), GetParam().websocket ? 8192 : 0);
      else
        pollers_.emplace_back(server_->io.port());
    }
    ASSERT_TRUE(becomes([](const server_counters& of) { return of.sockets == clients; }));
  }
  // A polling client that is gone is noticed by the end of its GET, which must be waiting then: so
  // whatever is queued is fetched before, in so many polls.
  void die(int polls = 0) {
    websockets_.clear();
    for (int i = 0; i < polls; i++)
      for (raw_polling& one : pollers_) EXPECT_NE(one.poll(), "");
    for (raw_polling& one : pollers_)
      one.peer.send(get("/socket.io/?EIO=4&transport=polling&sid=" + one.session));
    for (raw_polling& one : pollers_) one.peer.close();
    pollers_.clear();
  }
  template <class Condition>
  bool becomes(Condition condition) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition(server_->io.counters())) {
      if (std::chrono::steady_clock::now() > patience) return false;
      std::this_thread::sleep_for(milliseconds(1));
    }
    return true;
  }
  bool everybody_is_gone() {
    return becomes([](const server_counters& of) {
      return of.sessions == 0 && of.sockets == 0 && of.pending_acks == 0;
    });
  }
  void stop_reading(overflow policy);
  void read_notices(std::uint64_t dropped);
  // Of all shards, measured now.
  std::uint64_t queued_bytes() {
    raw_client client(server_->io.port());
    client.send(get("/metrics", "Connection: close\r\n"));
    const std::string text = client.read_response().body;
    const std::string name = "\nsocketio_send_queue_bytes ";
    return std::stoull(text.substr(text.find(name) + name.size()));
  }
  static std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    file >> pages >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  }
  // Memory that the first rounds take is kept by the allocator; what grows with every round after
  // them is a leak. Five hundred connections cost some megabytes, what is queued tens of them.
  void repeat(const std::function<void()>& round) {
    constexpr int warm_up = 2, rounds = 3;
    for (int i = 0; i < warm_up; i++) round();
    const auto before = resident_bytes();
    for (int i = 0; i < rounds; i++) round();
    const auto after = resident_bytes();
    EXPECT_LT(after, before + margin_bytes) << before / 1024 << " KiB before, now " << after / 1024;
  }

#if SOCKETIO_ANY_SANITIZER
  static constexpr std::size_t margin_bytes = std::size_t{1} << 40;  // they keep what is freed
#else
  static constexpr std::size_t margin_bytes = 3'000'000;
#endif
  std::unique_ptr<running_server> server_;
  std::deque<raw_websocket> websockets_;
  std::deque<raw_polling> pollers_;
};

INSTANTIATE_TEST_SUITE_P(All, Stress,
                         testing::Values(setting{true, 1}, setting{false, 1}, setting{true, 4},
                                         setting{false, 4}),
                         [](const auto& of) {
                           return std::string(of.param.websocket ? "websocket" : "polling") + "_" +
                                  std::to_string(of.param.threads);
                         });

// Q-21. Each broadcast settles once, when its time is over, with those missing who did not answer.
TEST_P(Stress, NobodyAnswersBroadcasts) {
  start();
  connect();
  repeat([this] {
    constexpr int questions = 10;
    std::atomic<int> settled{0};
    for (int i = 0; i < questions; i++)
      server_->io.timeout(milliseconds(200))
          .emit("question", i, [&settled](std::error_code error, std::vector<value> answers) {
            EXPECT_TRUE(error);
            EXPECT_TRUE(answers.empty());
            settled++;
          });
    ASSERT_TRUE(becomes([&](const server_counters&) { return settled == questions; }));
    ASSERT_TRUE(becomes([](const server_counters& of) { return of.pending_acks == 0; }));
    for (raw_polling& one : pollers_) EXPECT_NE(one.poll(), "");
    for (raw_websocket& one : websockets_)
      for (int i = 0; i < questions; i++) EXPECT_NE(one.read(), "");
  });
  die();
  EXPECT_TRUE(everybody_is_gone());
  server_->stop();
}

// Questions to each of them, and to all; the answer that never comes is told as the disconnect.
TEST_P(Stress, TheyDieInsideAnAcknowledgement) {
  start();
  std::mutex mutex;
  std::vector<socket> sockets;
  server_->io.on_connection([&](const socket& who) {
    const std::lock_guard lock(mutex);
    sockets.push_back(who);
  });
  repeat([&, this] {
    connect();
    std::atomic<int> gone{0}, settled{0};
    {
      const std::lock_guard lock(mutex);
      for (const socket& one : sockets)
        one.emit("question", [&gone](std::error_code error, int) {
          EXPECT_EQ(error, errc::disconnected);
          gone++;
        });
      sockets.clear();
    }
    server_->io.timeout(std::chrono::minutes(10))
        .emit("question", [&settled](std::error_code, std::vector<value>) { settled++; });
    ASSERT_TRUE(becomes([](const server_counters& of) { return of.pending_acks == 2 * clients; }));
    die(1);
    ASSERT_TRUE(everybody_is_gone());
    EXPECT_TRUE(becomes([&](const server_counters&) { return gone == clients && settled == 1; }));
  });
  server_->stop();
}

// Q-21. They stop reading, lose events by the policy, are told how many, and are cut in the end.
TEST_P(Stress, TheyStopReading) { stop_reading(overflow::drop_oldest); }
TEST_P(Stress, TheyStopReadingAndLoseTheNewest) { stop_reading(overflow::drop_newest); }

void Stress::stop_reading(overflow policy) {
  server_options options;
  options.send_queue_bytes_max = 40'000;
  options.send_queue_overflow = policy;
  options.lagged_event = "lagged";
  options.log = [](const log_record&) {};
  options.threads = GetParam().threads;
  options.close_timeout = milliseconds(50);
  server_ = std::make_unique<running_server>(options);
  server_->io.serve_metrics();
  server_->start();
  const std::string block(10'000, 'x');
  repeat([&, this] {
    connect();
    const auto dropped = server_->io.counters().dropped_messages;
    // The kernel takes as much as it likes of a connection over loopback, at most a few megabytes.
    for (int i = 0; i < 1000; i++) {
      server_->io.emit("block", i, block);
      ASSERT_TRUE(becomes([](const server_counters& of) { return of.posted_bytes == 0; }));
      if (server_->io.counters().dropped_messages > dropped + 2 * clients) break;
    }
    EXPECT_GT(server_->io.counters().dropped_messages, dropped);
    const auto queued = queued_bytes();
    EXPECT_GT(queued, 0u);
    EXPECT_LE(queued, std::uint64_t{clients} * options.send_queue_bytes_max);
    if (!GetParam().websocket) read_notices(server_->io.counters().dropped_messages - dropped);
    die();
    ASSERT_TRUE(everybody_is_gone());
    EXPECT_EQ(queued_bytes(), 0u);
  });
  server_->stop();
}

// What was kept comes first, then one notice to each: together they tell of everything that was
// dropped.
void Stress::read_notices(std::uint64_t dropped) {
  const std::string begin = R"(42["lagged",{"dropped":)";
  std::uint64_t told = 0;
  for (raw_polling& one : pollers_) {
    EXPECT_EQ(one.poll().rfind(R"(42["block")", 0), 0u);
    const std::string notice = one.poll();
    ASSERT_EQ(notice.rfind(begin, 0), 0u) << notice;
    told += std::stoull(notice.substr(begin.size()));
  }
  EXPECT_EQ(told, dropped);
}

// Q-21. The default: whoever does not read is sent away, and nothing of it stays.
TEST_P(Stress, TheyStopReadingAndAreClosed) {
  std::atomic<int> slow{0};
  server_options options;
  options.send_queue_bytes_max = 40'000;
  options.threads = GetParam().threads;
  options.close_timeout = milliseconds(50);
  server_ = std::make_unique<running_server>(options);
  server_->io.serve_metrics();
  server_->io.on_disconnect([&slow](const socket&, const disconnect_reason& why) {
    slow += why.what == cause::slow_consumer;
  });
  server_->start();
  const std::string block(10'000, 'x');
  repeat([&, this] {
    slow = 0;
    connect();
    for (int i = 0; i < 1000 && server_->io.counters().sessions > 0; i++) {
      server_->io.emit("block", i, block);
      ASSERT_TRUE(becomes([](const server_counters& of) { return of.posted_bytes == 0; }));
    }
    ASSERT_TRUE(everybody_is_gone());
    EXPECT_EQ(slow, clients);
    EXPECT_EQ(queued_bytes(), 0u);
    websockets_.clear();
    pollers_.clear();
  });
  server_->stop();
}

// XC-03. Whatever the shards: handlers of one socket run one after the other, in the order of its
// events.
TEST(Sockets, HandlersOfOneNeverOverlap) {
  server_options options;
  options.threads = 4;
  running_server server(options);
  struct seen {
    std::atomic<int> inside{0};
    int last = -1;  // no lock: only handlers of this socket touch it
  };
  constexpr int sockets = 16, events = 200;
  std::mutex mutex;
  std::map<std::string, seen, std::less<>> all;
  std::atomic<int> overlaps{0}, handled{0};
  server.io.on("n", [&](const socket& from, int n) {
    seen* its = nullptr;
    {
      const std::lock_guard lock(mutex);
      its = &all[std::string(from.id())];
    }
    if (its->inside.fetch_add(1) != 0 || n != its->last + 1) overlaps++;
    its->last = n;
    if (n % 50 == 0) std::this_thread::sleep_for(milliseconds(1));
    its->inside--;
    handled++;
  });
  server.start();
  std::deque<raw_websocket> peers;
  for (int i = 0; i < sockets; i++) peers.emplace_back(server.io.port());
  for (int n = 0; n < events; n++)
    for (raw_websocket& one : peers) one.emit("[\"n\"," + std::to_string(n) + "]");
  while (handled < sockets * events) std::this_thread::yield();
  EXPECT_EQ(overlaps, 0);
}

}  // namespace
}  // namespace socketio::test
