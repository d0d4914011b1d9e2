// The readiness of connections: who is told, how often, and what is remembered of an edge that came
// while nobody waited. Over socket pairs and a loop that the test turns itself.
#include "net/loop_impl.hpp"
#include "net/stream.hpp"
#include "wire/frame.hpp"

#include <gtest/gtest.h>

#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace socketio::net {
namespace {

// A connection that counts, and does what the test says.
class counting_target final : public poll_target,
                              public std::enable_shared_from_this<counting_target> {
 public:
  counting_target(loop& shard, int descriptor) : peer(shard, descriptor) {}
  explicit counting_target(stream&& taken) : peer(std::move(taken)) {}
  void on_readable() override {
    ++readable;
    if (then) then();
  }
  void on_writable() override { ++writable; }

  std::size_t read(std::size_t room) {
    std::string into(room, ' ');
    return peer.read_some(into).bytes;
  }
  void wait() { peer.wait_readable(*this); }

  stream peer;
  int readable = 0, writable = 0;
  std::function<void()> then;
};

class Poller : public testing::Test {
 protected:
  void SetUp() override { made = make(); }
  void TearDown() override {
    if (made) made->peer.close();
    for (const int descriptor : others_) ::close(descriptor);
  }

  std::shared_ptr<counting_target> make() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) throw 0;
    others_.push_back(pair[1]);
    return std::make_shared<counting_target>(*shard, pair[0]);
  }
  // Everything that is ready now.
  void turn() {
    context_of(*shard).restart();
    context_of(*shard).poll();
  }
  void say(std::string_view text) {
    EXPECT_EQ(::send(others_[0], text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  std::shared_ptr<loop> shard = std::make_shared<loop>();
  std::shared_ptr<counting_target> made;
  std::vector<int> others_;
};

TEST_F(Poller, tells_once_for_each_wait) {
  made->wait();
  turn();
  EXPECT_EQ(made->readable, 0);
  say("a");
  turn();
  turn();
  EXPECT_EQ(made->readable, 1);
  EXPECT_EQ(made->read(10), 1u);
  made->wait();
  turn();
  EXPECT_EQ(made->readable, 1) << "the socket is empty";
  say("b");
  turn();
  EXPECT_EQ(made->readable, 2);
}

TEST_F(Poller, remembers_an_edge_that_nobody_waited_for) {
  say("a");
  turn();
  EXPECT_EQ(made->readable, 0);
  made->wait();
  turn();
  EXPECT_EQ(made->readable, 1);
}

TEST_F(Poller, tells_again_when_the_last_read_was_full) {
  made->wait();
  say("abcdef");
  turn();
  EXPECT_EQ(made->read(3), 3u);
  made->wait();
  turn();
  EXPECT_EQ(made->readable, 2) << "there may be more, and no edge will say so";
  EXPECT_EQ(made->read(10), 3u);
  made->wait();
  turn();
  EXPECT_EQ(made->readable, 2);
}

TEST_F(Poller, tells_of_an_end_behind_a_short_read) {
  made->wait();
  say("bye");
  ::shutdown(others_[0], SHUT_WR);
  turn();
  EXPECT_EQ(made->read(10), 3u);
  made->wait();
  turn();
  EXPECT_EQ(made->readable, 2);
  EXPECT_EQ(made->read(10), 0u);
}

TEST_F(Poller, tells_when_there_is_room_again) {
  made->wait();
  std::string block(100'000, 'x');
  std::array<iovec, 1> piece{iovec{block.data(), block.size()}};
  while (!made->peer.write_some(piece).would_block()) {
  }
  made->peer.wait_writable(*made);
  turn();
  EXPECT_EQ(made->writable, 0);
  for (int round = 1; round <= 2; ++round) {
    while (::recv(others_[0], block.data(), block.size(), MSG_DONTWAIT) > 0) {
    }
    turn();
    EXPECT_EQ(made->writable, round);
    while (!made->peer.write_some(piece).would_block()) {
    }
    made->peer.wait_writable(*made);
  }
}

TEST_F(Poller, holds_who_waits_until_it_closes) {
  const std::weak_ptr<counting_target> watched = made;
  made->wait();
  made.reset();
  turn();
  ASSERT_FALSE(watched.expired());
  watched.lock()->then = [&] {
    watched.lock()->peer.close();
    EXPECT_FALSE(watched.expired()) << "it stands in its own call";
  };
  say("a");
  turn();
  EXPECT_TRUE(watched.expired());
}

TEST_F(Poller, tells_nobody_of_a_descriptor_that_is_gone) {
  auto second = make();
  made->wait();
  second->wait();
  bool closed_first = false;
  made->then = [&] { second->peer.close(); };
  second->then = [&] {
    made->peer.close();
    closed_first = true;
  };
  say("a");
  EXPECT_EQ(::send(others_[1], "b", 1, 0), 1);
  turn();
  EXPECT_EQ(made->readable + second->readable, 1) << "both were ready in one batch";
  if (closed_first) std::swap(made, second);
}

// The slot is used again at once; an event of its former descriptor must not reach the new one.
TEST_F(Poller, uses_slots_again) {
  for (int i = 0; i < 1000; ++i) {
    auto one = make();
    one->wait();
    EXPECT_EQ(::send(others_.back(), "x", 1, 0), 1);
    if (i % 2) turn();
    EXPECT_EQ(one->readable, i % 2);
    one->peer.close();
    ::close(others_.back());
    others_.pop_back();
  }
}

TEST_F(Poller, a_stream_changes_its_connection) {
  made->wait();
  const std::weak_ptr<counting_target> before = made;
  made->peer.cancel_waits();
  auto after = std::make_shared<counting_target>(std::move(made->peer));
  made.reset();
  say("a");
  turn();
  EXPECT_TRUE(before.expired());
  after->wait();
  turn();
  EXPECT_EQ(after->readable, 1);
  after->peer.close();
}

TEST_F(Poller, lets_go_of_everybody_when_the_loop_ends) {
  const std::weak_ptr<counting_target> watched = made;
  made->wait();
  made.reset();
  shard.reset();
  EXPECT_TRUE(watched.expired());
}

TEST_F(Poller, refuses_what_cannot_be_watched) {
  stream nothing(*shard, -1);
  EXPECT_FALSE(nothing.is_open());
  nothing.close();
}

// ---- writing between two connections of a batch

struct counting_flush final : flushable {
  void flush() override { ++times; }
  int times = 0;
};

// How often the answer of the first connection was written when the second one is told.
int writes_between(loop& shard, counting_target& first, counting_target& second,
                   std::size_t answer_bytes, const std::function<void()>& turn) {
  counting_flush answer;
  int before_second = -1;
  first.then = [&] {
    const auto frame =
        wire::frame::text({"4", std::string(answer_bytes, 'x')}, wire::frame_class::ack);
    shard.mark_dirty(answer, nullptr);
  };
  second.then = [&] { before_second = answer.times; };
  turn();
  EXPECT_EQ(answer.times, 1);
  return before_second;
}

TEST_F(Poller, what_answers_is_written_at_the_end_of_the_turn_unless_it_is_long) {
  counting_flush earlier;  // whatever this thread has encoded before
  shard->mark_dirty(earlier, nullptr);
  turn();
  for (const auto& [bytes, early] : {std::pair(1'000, 0), {200'000, 1}}) {
    const auto first = make(), second = make();
    turn();
    first->wait();
    second->wait();
    for (const std::size_t peer : {others_.size() - 2, others_.size() - 1})
      EXPECT_EQ(::send(others_[peer], "a", 1, 0), 1);
    EXPECT_EQ(
        writes_between(*shard, *first, *second, static_cast<std::size_t>(bytes), [&] { turn(); }),
        early)
        << bytes;
    first->peer.close();
    second->peer.close();
  }
}

}  // namespace
}  // namespace socketio::net
