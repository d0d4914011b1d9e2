// Questions that are asked from another thread, refused, or overtaken by the end: each settles
// exactly once, and with the truth.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
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

}  // namespace
}  // namespace socketio::test
