// How a server leaves in order: SV-09, SD-46, Q-37. Over real sockets, with one shard and with
// four.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <deque>
#include <mutex>
#include <unistd.h>
#include <vector>

namespace socketio::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

drain_options at_once() {
  drain_options how;
  how.grace = milliseconds(0);
  how.batch_interval = milliseconds(1);
  how.jitter = 0;
  return how;
}

// Runs a server until a drain has ended it.
class Drain : public testing::TestWithParam<unsigned> {
 protected:
  void start(server_options options = {}) {
    options.host = "127.0.0.1";
    options.port = 0;
    options.threads = GetParam();
    options.close_timeout = milliseconds(300);
    options.log = [](const log_record&) {};
    io_.emplace(options);
    io_->serve_health();
    io_->serve_metrics();
    io_->on("echo", [](int n) { return n; });
    io_->on_connection([this](const socket& who) {
      const std::lock_guard lock(mutex_);
      sockets_.push_back(who);
    });
    io_->on_disconnect([this](const socket&, const disconnect_reason& why) {
      const std::lock_guard lock(mutex_);
      left_.push_back(steady_clock::now());
      reasons_.push_back(why);
    });
    if (const auto error = io_->listen()) throw std::system_error(error);
    runner_ = std::thread([this] {
      io_->run();
      ended_ = true;
    });
  }
  void TearDown() override {
    if (!runner_.joinable()) return;
    if (!ended_) io_->close();
    runner_.join();
  }
  void drain(drain_options how) {
    began_ = steady_clock::now();
    io_->drain(std::move(how));
  }
  // True when run() returns by itself.
  bool ends() {
    const auto patience = steady_clock::now() + std::chrono::seconds(20);
    while (!ended_ && steady_clock::now() < patience) std::this_thread::yield();
    return ended_;
  }
  raw_response ask(std::string_view path) {
    raw_client client(io_->port());
    client.send(get(path, "Connection: close\r\n"));
    return client.read_response();
  }
  // Handlers hear of a connection later than its client, and those of other shards in any order.
  socket connected(std::size_t number) {
    for (;; std::this_thread::yield()) {
      const std::lock_guard lock(mutex_);
      if (sockets_.size() > number) return sockets_[number];
    }
  }
  std::size_t left() {
    const std::lock_guard lock(mutex_);
    return left_.size();
  }

  std::optional<server> io_;
  std::thread runner_;
  std::atomic<bool> ended_{false};
  steady_clock::time_point began_;
  std::mutex mutex_;  // guards what follows
  std::vector<socket> sockets_;
  std::vector<steady_clock::time_point> left_;
  std::vector<disconnect_reason> reasons_;
};

INSTANTIATE_TEST_SUITE_P(Shards, Drain, testing::Values(1u, 4u));

TEST_P(Drain, NobodyIsThere) {
  start();
  drain(at_once());
  EXPECT_TRUE(ends());
}

// While somebody owes an acknowledgement, everything goes on, but nobody new comes in.
TEST_P(Drain, WaitsForAcknowledgementsOfClients) {
  start();
  raw_websocket client(io_->port());
  std::promise<std::error_code> answered;
  connected(0).emit("question", [&](std::error_code error, int) { answered.set_value(error); });
  const std::string question = client.read();
  drain_options how = at_once();
  how.grace = std::chrono::minutes(10);
  how.deadline = std::chrono::minutes(20);
  how.notice_event = "server-shutdown";
  how.notice = value::map({{"seconds", 600}});
  EXPECT_EQ(ask("/readyz").status, 200u);
  drain(how);
  EXPECT_EQ(client.read(), R"(2["server-shutdown",{"seconds":600}])");
  const raw_response ready = ask("/readyz");
  EXPECT_EQ(ready.status, 503u);
  EXPECT_EQ(ready.body, R"({"status":"not ready","reason":"draining"})");
  EXPECT_EQ(ask("/healthz").status, 200u);
  EXPECT_NE(ask("/metrics").body.find("\nsocketio_draining 1\n"), std::string::npos);
  EXPECT_EQ(ask("/socket.io/?EIO=4&transport=polling").status, 503u);
  client.peer.send(text_frame(R"(425["echo",5])"));
  EXPECT_EQ(client.read(), "35[5]");
  EXPECT_FALSE(ended_);
  client.peer.send(text_frame("43" + question.substr(1, question.find('[') - 1) + "[1]"));
  EXPECT_EQ(answered.get_future().get(), std::error_code());
  EXPECT_EQ(client.read(), "");
  EXPECT_TRUE(ends());
  EXPECT_EQ(reasons_.at(0).why, reason::server_shutting_down);
}

TEST_P(Drain, WaitsForHandlersThatAnswerLater) {
  start();
  std::promise<ack<int>> held;
  io_->on("later", [&](ack<int> answer) { held.set_value(std::move(answer)); });
  raw_websocket client(io_->port());
  client.peer.send(text_frame(R"(421["later"])"));
  std::optional<ack<int>> answer(held.get_future().get());
  drain_options how = at_once();
  how.grace = std::chrono::minutes(10);
  how.deadline = std::chrono::minutes(20);
  drain(how);
  client.peer.send(text_frame(R"(425["echo",5])"));
  EXPECT_EQ(client.read(), "35[5]");
  EXPECT_EQ(left(), 0u);
  (*answer)(7);
  answer.reset();
  EXPECT_EQ(client.read(), "31[7]");
  EXPECT_EQ(client.read(), "");
  EXPECT_TRUE(ends());
}

TEST_P(Drain, GoesOnWhenTheGraceIsOver) {
  start();
  raw_websocket client(io_->port());
  connected(0).emit("question", [](std::error_code, int) {});
  drain_options how = at_once();
  how.grace = milliseconds(200);
  drain(how);
  EXPECT_TRUE(ends());
  EXPECT_GE(left_.at(0) - began_, milliseconds(200));
}

// However the clients fall on the shards and the timers fall on the turns: before the n-th batch
// may begin, n intervals have passed.
TEST_P(Drain, ClosesNoMoreThanABatchAtATime) {
  start();
  std::deque<raw_websocket> clients;
  for (int i = 0; i < 40; i++) clients.emplace_back(io_->port());
  drain_options how = at_once();
  how.batch_size = 5;
  how.batch_interval = milliseconds(60);
  how.jitter = 0.5;
  drain(how);
  ASSERT_TRUE(ends());
  ASSERT_EQ(left_.size(), 40u);
  std::sort(left_.begin(), left_.end());
  for (std::size_t i = 0; i < left_.size(); i++)
    EXPECT_GE(left_[i] - began_, milliseconds(30 * (i / how.batch_size))) << i;
  for (const disconnect_reason& why : reasons_) EXPECT_EQ(why.why, reason::server_shutting_down);
}

// Q-37. A client that begins to read while the server drains gets everything, and then the close.
TEST_P(Drain, SendsWhatIsQueued) {
  server_options options;
  options.send_queue_bytes_max = 16'000'000;
  start(options);
  raw_websocket slow(io_->port(), slow_reader);
  const socket to_slow = connected(0);
  raw_polling idle(io_->port());
  const std::string block(100'000, 'x');
  constexpr int blocks = 80;  // more than the kernel takes
  for (int i = 0; i < blocks; i++) to_slow.emit("block", i, block);
  for (int i = 0; i < 3; i++) connected(1).emit("small", i);
  drain_options how = at_once();
  how.deadline = std::chrono::minutes(10);
  drain(how);
  EXPECT_EQ(ask("/readyz").status, 503u);
  int blocks_read = 0;
  for (std::string packet = slow.read(); !packet.empty(); packet = slow.read()) {
    ASSERT_EQ(packet.rfind("2[\"block\"," + std::to_string(blocks_read) + ",", 0), 0u);
    blocks_read++;
  }
  EXPECT_EQ(blocks_read, blocks);
  std::string polled;
  for (std::string payload = idle.poll(); !payload.empty(); payload = idle.poll()) {
    if (payload == "6") continue;  // the poll waited when the session began to close
    polled += payload.starts_with("6\x1e") ? payload.substr(2) : payload;
    if (payload.ends_with("1")) break;
  }
  EXPECT_EQ(polled,
            "42[\"small\",0]\x1e"
            "42[\"small\",1]\x1e"
            "42[\"small\",2]"
            "1");
  EXPECT_TRUE(ends());
}

// Readers that never read hold nobody up for longer than the deadline.
TEST_P(Drain, TheDeadlineHolds) {
  start();
  std::deque<raw_websocket> deaf;
  for (int i = 0; i < 6; i++) deaf.emplace_back(io_->port(), slow_reader);
  const std::string block(100'000, 'x');
  for (int i = 0; i < 70; i++) io_->emit("block", block);
  drain_options how = at_once();
  how.deadline = milliseconds(1'000);
  drain(how);
  ASSERT_TRUE(ends());
  const auto took = steady_clock::now() - began_;
  EXPECT_GE(took, milliseconds(650)) << "there was time to read until the last 300 ms";
  EXPECT_LT(took, std::chrono::seconds(5));
  EXPECT_EQ(left(), 6u);
}

TEST_P(Drain, ASecondSignalEndsItAtOnce) {
  server_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  options.threads = GetParam();
  options.close_timeout = std::chrono::minutes(1);
  options.log = [](const log_record&) {};
  io_.emplace(options);
  drain_options how = at_once();
  how.grace = how.deadline = std::chrono::minutes(10);
  io_->drain_on_signals({SIGUSR1}, how);
  std::promise<socket> came;
  io_->on_connection([&came](const socket& who) { came.set_value(who); });
  ASSERT_FALSE(io_->listen());
  runner_ = std::thread([this] {
    io_->run();
    ended_ = true;
  });
  raw_websocket client(io_->port());
  came.get_future().get().emit("question", [](std::error_code, int) {});
  EXPECT_NE(client.read(), "");
  std::raise(SIGUSR1);
  while (io_->metrics().find("\nsocketio_draining 1\n") == std::string::npos)
    std::this_thread::yield();
  EXPECT_FALSE(ended_);
  std::raise(SIGUSR1);
  EXPECT_TRUE(ends());
}

// Whoever is in stays in; through no door comes anybody new.
TEST_P(Drain, ClosesEveryDoorWhenItIsToldTo) {
  start();
  const std::string door = "unix:/tmp/socketio-drain-" + std::to_string(::getpid()) + ".sock";
  ASSERT_FALSE(io_->listen(door));
  ASSERT_FALSE(io_->listen("127.0.0.1:0"));
  const auto doors = io_->addresses();
  ASSERT_EQ(doors.size(), 3u);
  raw_websocket client(io_->port());
  connected(0).emit("question", [](std::error_code, int) {});
  EXPECT_NE(client.read(), "");
  drain_options how = at_once();
  how.grace = how.deadline = std::chrono::minutes(10);
  how.stop_listening = true;
  drain(how);
  const auto patience = steady_clock::now() + std::chrono::seconds(10);
  for (const std::string& one : doors) {
    const auto is_closed = [&one] {
      try {
        if (one.starts_with("unix:")) return raw_client(one).sees_end();
        return raw_client(static_cast<std::uint16_t>(std::stoi(one.substr(one.rfind(':') + 1))))
            .sees_end();
      } catch (const std::exception&) {
        return true;
      }
    };
    bool closed = is_closed();
    while (!closed && steady_clock::now() < patience) closed = is_closed();
    EXPECT_TRUE(closed) << one;
  }
  client.peer.send(text_frame(R"(425["echo",5])"));
  EXPECT_EQ(client.read(), "35[5]");
  EXPECT_FALSE(ended_);
}

// A client that still polls, one of Socket.IO 2: everybody is told and sent away.
TEST_P(Drain, TellsClientsOfEveryKind) {
  server_options options;
  options.allow_eio3 = true;
  start(options);
  raw_polling polling(io_->port());
  raw_client older(io_->port());
  ASSERT_EQ(older.open_websocket("/socket.io/?EIO=3&transport=websocket"), 101u);
  EXPECT_EQ(older.read_frame().payload[0], '0');
  EXPECT_EQ(older.read_frame().payload, "40");
  drain_options how = at_once();
  how.notice_event = "server-shutdown";
  drain(how);
  EXPECT_EQ(older.read_frame().payload, R"(42["server-shutdown"])");
  EXPECT_EQ(older.read_frame().opcode, 8u) << "a close frame";
  std::string polled = polling.poll();
  while (!polled.ends_with("1")) {
    const std::string more = polling.poll();
    ASSERT_NE(more, "");
    polled += more;
  }
  EXPECT_TRUE(polled.starts_with(R"(42["server-shutdown"])") && polled.ends_with("1")) << polled;
  EXPECT_TRUE(ends());
  EXPECT_EQ(left(), 2u);
}

TEST_P(Drain, TellsWhoeverAskedThatItIsOver) {
  start();
  raw_websocket client(io_->port());
  std::promise<void> first, second;
  io_->drain(at_once(), [&first] { first.set_value(); });
  io_->drain(at_once(), [&second] { second.set_value(); });
  const auto comes = [](std::promise<void>& told) {
    return told.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  };
  EXPECT_TRUE(comes(first));
  EXPECT_TRUE(comes(second));
  EXPECT_TRUE(ends());
  std::promise<void> third;
  io_->drain(at_once(), [&third] { third.set_value(); });
  EXPECT_TRUE(comes(third));
}

TEST_P(Drain, TellsWhoeverAskedAlsoWhenItIsCutShort) {
  start();
  std::promise<void> drained;
  drain_options how = at_once();
  how.grace = std::chrono::hours(1);
  io_->drain(how, [&drained] { drained.set_value(); });
  io_->close();
  EXPECT_EQ(drained.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(ends());
}

TEST(DrainOptions, ThatCannotWorkAreRefused) {
  server io({.host = "127.0.0.1", .port = 0});
  const auto refused = [&io](auto change) {
    drain_options how;
    change(how);
    EXPECT_THROW(io.drain(how), std::invalid_argument);
    EXPECT_THROW(io.drain_on_signals({SIGUSR2}, how), std::invalid_argument);
  };
  refused([](drain_options& how) { how.batch_size = 0; });
  refused([](drain_options& how) { how.notice_event = "disconnect"; });
  refused([](drain_options& how) { how.jitter = 1.5; });
  refused([](drain_options& how) { how.deadline = milliseconds(0); });
  refused([](drain_options& how) { how.grace = milliseconds(-1); });
  refused([](drain_options& how) { how.batch_interval = milliseconds(0); });
}

}  // namespace
}  // namespace socketio::test
