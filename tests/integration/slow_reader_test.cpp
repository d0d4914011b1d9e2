// A client that does not read: what the server keeps for it never exceeds the limit, the policy
// decides what is lost, the counters and the disconnect tell it with numbers, and nobody else
// notices. Real sockets, both transports.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <vector>

namespace socketio::test {
namespace {

constexpr std::size_t limit = 256 * 1024;
constexpr std::size_t block_bytes = 10'000;
constexpr int blocks_per_turn = 10;

class SlowReader : public testing::Test {
 protected:
  void start(overflow policy, std::string lagged_event = {}) {
    server_options options;
    options.lagged_event = std::move(lagged_event);
    options.send_queue_bytes_max = limit;
    options.send_queue_overflow = policy;
    server_ = std::make_unique<running_server>(options);
    server_->io.on_connection([this](const socket& who) { sockets_.push_back(who); });
    server_->io.on_disconnect(
        [this](const socket&, const disconnect_reason& why) { reasons_.push_back(why); });
    server_->io.on("echo", [](const std::string& text) { return text; });
    server_->start();
  }
  void TearDown() override { server_->stop(); }

  // Emits numbered blocks to the first socket, some per turn, until the kernel takes no more and
  // the policy was applied. Returns how many it emitted.
  int flood() {
    const std::string text(block_bytes, 'x');
    const auto dropped_before = server_->counters().dropped_messages;
    for (int sent = 0; sent < 10'000;) {
      const auto queued = server_->ask([&] {
        for (int i = 0; i < blocks_per_turn; i++) sockets_[0].emit("block", sent++, text);
        return sockets_[0].queued_bytes();
      });
      EXPECT_LE(queued, limit);
      const auto counters = server_->counters();
      if (counters.dropped_messages > dropped_before || counters.sessions == 0) return sent;
    }
    ADD_FAILURE() << "the limit was never reached";
    return 0;
  }
  void expect_others_are_served() {
    raw_websocket other(server_->io.port());
    other.peer.send(text_frame(R"(427["echo","still here"])"));
    EXPECT_EQ(other.read(), R"(37["still here"])");
  }
  void expect_closed_as_slow() {
    ASSERT_TRUE(server_->becomes(
        [](const server_counters& now) { return now.sessions == 0 && now.sockets == 0; }));
    const auto why = server_->ask([this] { return reasons_.at(0); });
    EXPECT_EQ(why.what, cause::slow_consumer);
    EXPECT_NE(why.detail.find(std::to_string(limit)), std::string::npos) << why.detail;
  }

  std::unique_ptr<running_server> server_;
  std::vector<socket> sockets_;  // of the shard, as reasons_
  std::vector<disconnect_reason> reasons_;
};

// The numbers of ["block",n,...] packets.
std::vector<int> numbers_in(std::string_view payload) {
  std::vector<int> found;
  constexpr std::string_view mark = R"(2["block",)";
  for (auto at = payload.find(mark); at != payload.npos; at = payload.find(mark, at + 1))
    found.push_back(std::atoi(payload.data() + at + mark.size()));
  return found;
}

// Everything that comes until ["last"] does.
std::vector<int> read_all(raw_websocket& from) {
  std::vector<int> found;
  for (std::string packet = from.read(); packet != R"(2["last"])"; packet = from.read()) {
    if (packet.empty()) {
      ADD_FAILURE() << "the connection ended";
      break;
    }
    for (const int number : numbers_in(packet)) found.push_back(number);
  }
  return found;
}

void expect_gap(const std::vector<int>& got, bool at_the_end, int sent, std::uint64_t dropped) {
  ASSERT_EQ(got.size() + dropped, static_cast<std::size_t>(sent))
      << "every block is received or counted";
  ASSERT_GT(dropped, 0u);
  int steps = 0;
  for (std::size_t i = 1; i < got.size(); i++) {
    ASSERT_GT(got[i], got[i - 1]) << "the order stays";
    steps += got[i] != got[i - 1] + 1;
  }
  EXPECT_EQ(got.front(), 0);
  if (at_the_end) {
    EXPECT_EQ(steps, 0);
    EXPECT_LT(got.back(), sent - 1);
  } else {
    EXPECT_EQ(steps, 1) << "one gap, in the middle";
    EXPECT_EQ(got.back(), sent - 1);
  }
}

// The kernel is asked before the limit counts: nothing could be read before it was written.
TEST_F(SlowReader, IsNotWhoeverReadsWhatOneTurnEmits) {
  start(overflow::close);
  raw_websocket peer(server_->io.port());
  constexpr int blocks = 40;
  static_assert(blocks * block_bytes > limit + limit / 2);
  server_->ask([&] {
    const std::string text(block_bytes, 'x');
    for (int i = 0; i < blocks; i++) EXPECT_TRUE(sockets_[0].emit("block", i, text));
    sockets_[0].emit("last");
    return 0;
  });
  EXPECT_EQ(read_all(peer).size(), static_cast<std::size_t>(blocks));
}

TEST_F(SlowReader, IsClosedOverWebSocket) {
  start(overflow::close);
  raw_websocket slow(server_->io.port(), slow_reader);
  flood();
  expect_closed_as_slow();
  expect_others_are_served();
}

TEST_F(SlowReader, LosesTheNewestOverWebSocket) {
  start(overflow::drop_newest);
  raw_websocket slow(server_->io.port(), slow_reader);
  const int sent = flood();
  const auto dropped = server_->counters().dropped_messages;
  expect_others_are_served();
  std::thread last([this] {  // goes out as soon as there is room again
    while (!server_->ask([this] { return sockets_[0].emit("last"); })) std::this_thread::yield();
  });
  const auto got = read_all(slow);
  last.join();
  expect_gap(got, true, sent, dropped);
}

TEST_F(SlowReader, LosesTheOldestOverWebSocket) {
  start(overflow::drop_oldest);
  raw_websocket slow(server_->io.port(), slow_reader);
  const int sent = flood();
  expect_others_are_served();
  const bool queued = server_->ask([this] { return sockets_[0].emit("last"); });
  EXPECT_TRUE(queued);
  const auto dropped = server_->counters().dropped_messages;
  expect_gap(read_all(slow), false, sent, dropped);
}

TEST_F(SlowReader, IsClosedOverPolling) {
  start(overflow::close);
  raw_polling slow(server_->io.port());
  flood();
  expect_closed_as_slow();
  EXPECT_EQ(slow.poll(), "") << "the session is unknown";
  expect_others_are_served();
}

TEST_F(SlowReader, LosesTheNewestOverPolling) {
  start(overflow::drop_newest);
  raw_polling slow(server_->io.port());
  const int sent = flood();
  std::vector<int> got = numbers_in(slow.poll());
  EXPECT_EQ(got.size(), limit / (block_bytes + 20));
  expect_gap(got, true, sent, server_->counters().dropped_messages);
}

TEST_F(SlowReader, LosesTheOldestOverPolling) {
  start(overflow::drop_oldest);
  raw_polling slow(server_->io.port());
  const int sent = flood();
  const std::vector<int> got = numbers_in(slow.poll());
  ASSERT_FALSE(got.empty());
  EXPECT_EQ(got.back(), sent - 1);
  EXPECT_EQ(got.size() + server_->counters().dropped_messages, static_cast<std::size_t>(sent));
}

// Told once, when everything that waited has gone; and of the next time anew.
TEST_F(SlowReader, IsToldHowMuchItLost) {
  for (const auto policy : {overflow::drop_newest, overflow::drop_oldest}) {
    start(policy, "lagged");
    raw_websocket slow(server_->io.port(), slow_reader);
    std::uint64_t told = 0;
    for (int round = 0; round < 2; round++) {
      flood();
      std::uint64_t lost = 0;
      for (std::string packet = slow.read();; packet = slow.read()) {
        ASSERT_NE(packet, "");
        if (packet.rfind(R"(2["lagged",{"dropped":)", 0) != 0) continue;
        lost = std::stoull(packet.substr(22));
        EXPECT_EQ(packet, R"(2["lagged",{"dropped":)" + std::to_string(lost) + "}]");
        break;
      }
      told += lost;
      EXPECT_EQ(told, server_->counters().dropped_messages);
    }
    slow.peer.send(text_frame(R"(427["echo","nothing more"])"));
    EXPECT_EQ(slow.read(), R"(37["nothing more"])");
    server_->stop();
    sockets_.clear();
    reasons_.clear();
  }
}

TEST_F(SlowReader, IsToldHowMuchItLostOverPolling) {
  start(overflow::drop_newest, "lagged");
  raw_polling slow(server_->io.port());
  flood();
  const auto dropped = server_->counters().dropped_messages;
  EXPECT_EQ(numbers_in(slow.poll()).size(), limit / (block_bytes + 20));
  EXPECT_EQ(slow.poll(), R"(42["lagged",{"dropped":)" + std::to_string(dropped) + "}]");
}

// What is kept of drop_oldest comes first, and the notice behind it.
TEST_F(SlowReader, IsToldHowMuchOfTheOldestItLostOverPolling) {
  start(overflow::drop_oldest, "lagged");
  raw_polling slow(server_->io.port());
  for (int round = 0; round < 2; round++) {
    const auto before = server_->counters().dropped_messages;
    const int sent = flood();
    const auto dropped = server_->counters().dropped_messages - before;
    EXPECT_EQ(numbers_in(slow.poll()).back(), sent - 1);
    EXPECT_EQ(slow.poll(), R"(42["lagged",{"dropped":)" + std::to_string(dropped) + "}]");
  }
}

// Broadcasts count like events of one's own: a slow member of a room does not hold up the others.
TEST_F(SlowReader, InARoomLosesOnlyItsOwn) {
  start(overflow::drop_newest);
  raw_websocket slow(server_->io.port(), slow_reader);
  raw_polling quick(server_->io.port());
  const std::string text(block_bytes, 'x');
  int next = 0;
  while (server_->counters().dropped_messages == 0 && next < 10'000) {
    server_->ask([&] {
      for (int i = 0; i < blocks_per_turn; i++) server_->io.emit("block", next++, text);
      return true;
    });
    ASSERT_EQ(numbers_in(quick.poll()).size(), static_cast<std::size_t>(blocks_per_turn));
  }
  EXPECT_GT(server_->counters().dropped_messages, 0u);
}

}  // namespace
}  // namespace socketio::test
