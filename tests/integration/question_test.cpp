// Questions that are asked from another thread, refused, or overtaken by the end: each settles
// exactly once, and with the truth.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <thread>

namespace socketio::test {
namespace {

using std::chrono::milliseconds;

class Question : public testing::Test {
 protected:
  // With one client, whose socket is `who`.
  void start(server_options options = {}) {
    options.close_timeout = milliseconds(50);  // nobody answers close frames here
    server_ = std::make_unique<running_server>(options);
    std::promise<socket> there;
    server_->io.on_connection(
        [&, first = std::make_shared<std::atomic<bool>>(true)](const socket& joined) {
          if (first->exchange(false)) there.set_value(joined);
        });
    if (go_) server_->io.on("go", go_);
    server_->start();
    peer_ = std::make_unique<raw_websocket>(server_->io.port());
    who_ = there.get_future().get();
  }
  void TearDown() override {
    server_->stop();
    EXPECT_EQ(server_->io.counters().pending_acks, 0u);
  }
  void answer(int id, const std::string& text) {
    peer_->peer.send(text_frame("43" + std::to_string(id) + "[\"" + text + "\"]"));
  }

  std::unique_ptr<running_server> server_;
  std::unique_ptr<raw_websocket> peer_;
  socket who_;
  std::function<void()> go_;  // the handler of "go", to be set before start()
};

// ---- ids

TEST_F(Question, IdsOfOneShardCountOnWhoeverAsks) {
  start();
  std::promise<std::string> zero, one;
  std::promise<std::vector<std::string>> all, more;
  const auto tell = [](std::promise<std::vector<std::string>>& whom) {
    return [&whom](std::error_code error, std::vector<std::string> got) {
      EXPECT_FALSE(error) << error.message();
      whom.set_value(std::move(got));
    };
  };
  const auto ask_on_the_shard = [&](const char* event, std::promise<std::string>& whom) {
    who_.emit(event, [&whom](std::error_code, const std::string& got) { whom.set_value(got); });
    return true;
  };
  server_->ask([&] { return ask_on_the_shard("zero", zero); });
  server_->io.emit("all", tell(all));
  server_->ask([&] { return ask_on_the_shard("one", one); });
  server_->ask([&] {
    server_->io.emit("more", tell(more));
    return true;
  });
  EXPECT_EQ(peer_->read(), R"(20["zero"])");
  EXPECT_EQ(peer_->read(), R"(21["all"])");
  EXPECT_EQ(peer_->read(), R"(22["one"])");
  EXPECT_EQ(peer_->read(), R"(23["more"])");
  answer(3, "for more");
  answer(2, "for one");
  answer(1, "for all");
  answer(0, "for zero");
  EXPECT_EQ(zero.get_future().get(), "for zero");
  EXPECT_EQ(all.get_future().get(), std::vector<std::string>{"for all"});
  EXPECT_EQ(one.get_future().get(), "for one");
  EXPECT_EQ(more.get_future().get(), std::vector<std::string>{"for more"});
}

TEST_F(Question, AnEmitSettlesWhateverHappensToABroadcastBesideIt) {
  start();
  std::atomic<int> settled{0};
  server_->ask([&] {
    who_.emit("zero", [&](std::error_code) { ++settled; });
    who_.emit("one", [&](std::error_code) { ++settled; });
    return true;
  });
  std::promise<std::error_code> all;
  server_->io.timeout(milliseconds(20)).emit("all", [&](std::error_code error, const values&) {
    all.set_value(error);
  });
  EXPECT_EQ(all.get_future().get(), errc::timed_out);
  EXPECT_EQ(server_->counters().pending_acks, 2u);
  peer_->peer.reset();
  EXPECT_TRUE(server_->becomes([](const server_counters& now) { return now.sockets == 0; }));
  EXPECT_EQ(settled, 2);
}

// ---- refused

TEST_F(Question, ABroadcastThatIsRefusedSaysSo) {
  server_options options;
  options.posted_bytes_max = 0;
  start(options);
  std::promise<std::error_code> outcome;
  server_->io.emit("all", [&](std::error_code error, const values&) { outcome.set_value(error); });
  EXPECT_EQ(outcome.get_future().get(), errc::refused);
  EXPECT_FALSE(server_->io.emit("news"));
}

TEST_F(Question, ABroadcastThatSomeShardRefusesIsNotComplete) {
  server_options options;
  options.threads = 2;
  options.posted_bytes_max = 0;
  std::promise<broadcast_answers<int>> outcome;
  go_ = [&] {
    server_->io.emit("q", [&](broadcast_answers<int> all) { outcome.set_value(std::move(all)); });
  };
  start(options);
  std::deque<raw_websocket> more;
  for (int i = 0; i < 20; i++) more.emplace_back(server_->io.port());
  peer_->emit(R"(["go"])");
  std::size_t asked = 0;
  const auto answer_of = [&asked, here = peer_->sid[16]](raw_websocket& each) {
    if (each.sid[16] != here) return;
    const std::string question = each.read();
    each.peer.send(text_frame("43" + question.substr(1, question.find('[') - 1) + "[1]"));
    ++asked;
  };
  answer_of(*peer_);
  for (auto& each : more) answer_of(each);
  const auto all = outcome.get_future().get();
  ASSERT_LT(asked, 21u) << "some shard got no connection";
  EXPECT_EQ(all.answers.size(), asked);
  EXPECT_EQ(all.error, errc::refused);
}

TEST_F(Question, AnEmitThatIsRefusedSaysSo) {
  server_options options;
  options.posted_bytes_max = 0;
  start(options);
  std::promise<std::error_code> outcome;
  EXPECT_FALSE(who_.emit("q", [&](std::error_code error) { outcome.set_value(error); }));
  EXPECT_EQ(outcome.get_future().get(), errc::refused);
  EXPECT_TRUE(who_.connected());
}

TEST_F(Question, AnEmitAfterTheEndIsDisconnected) {
  start();
  server_->stop();
  std::error_code outcome, of_all;
  EXPECT_FALSE(who_.emit("q", [&](std::error_code error) { outcome = error; }));
  server_->io.emit("q", [&](std::error_code error, const values&) { of_all = error; });
  EXPECT_EQ(outcome, errc::disconnected);
  EXPECT_EQ(of_all, errc::disconnected);
}

// ---- the end

// Asked on the last shard to close, while the first closes: nobody there will say whom it asked.
TEST(QuestionAtTheEnd, ABroadcastBehindCloseEnds) {
  std::atomic<int> ends{0};
  std::error_code outcome;
  auto captured = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = captured;
  {
    server_options options;
    options.threads = 2;
    options.close_timeout = milliseconds(50);
    running_server server(options);
    std::promise<void> asked;
    server.io.on("go", [&, kept = std::move(captured)](const socket&) {
      server.io.close();
      server.io.emit("q", [&, kept](std::error_code error, const values&) {
        ends++;
        outcome = error;
      });
      asked.set_value();
    });
    server.start();
    std::deque<raw_websocket> peers;
    do {
      peers.emplace_back(server.io.port());
    } while (peers.size() < 50 && peers.back().sid[16] == peers.front().sid[16]);
    ASSERT_NE(peers.back().sid[16], peers.front().sid[16]) << "some shard got no connection";
    const bool first_is_later = peers.front().sid[16] == 'B';  // of shard 1
    (first_is_later ? peers.front() : peers.back()).emit(R"(["go"])");
    asked.get_future().wait();
    server.stop();
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(outcome, errc::disconnected);
  }
  EXPECT_TRUE(seen.expired()) << "the callback is still kept";
}

}  // namespace
}  // namespace socketio::test
