// User code that throws, wherever it is called from: it is reported, and nobody else notices.
#include "unit/core/core_script.hpp"

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

TEST(Guard, an_acknowledgement_that_fails_at_once_and_throws_is_reported) {
  house home;
  auto [peer, who] = home.welcome();
  const auto throws = [](std::error_code) { throw std::runtime_error("thrown"); };
  peer.outcome = engine::send_queue::outcome::dropped;
  EXPECT_FALSE(who.emit("q", throws));
  EXPECT_EQ(home.errors, (strings{"acknowledgement: thrown"}));
  home.errors.clear();
  std::thread([&, who = who] { who.emit("q", throws); }).join();
  peer.hang_up();  // the question arrives after its client has left
  EXPECT_EQ(home.errors, (strings{"acknowledgement: thrown"}));
  home.errors.clear();
}

TEST(Guard, sockets_fetched_by_a_callback_that_throws) {
  house home;
  const auto throws = [](const std::vector<remote_socket>&) { throw std::runtime_error("thrown"); };
  home.of().fetch_sockets(throws);
  std::thread([&] { home.of().fetch_sockets(throws); }).join();
  home.turn();
  EXPECT_EQ(home.errors, strings(2, "fetch_sockets: thrown"));
  home.errors.clear();
}

TEST(Guard, sockets_fetched_from_a_server_that_is_gone_by_a_callback_that_throws) {
  house home;
  const auto main = home.of();
  int calls = 0;
  const auto throws = [&](const std::vector<remote_socket>&) {
    calls++;
    throw std::runtime_error("thrown");
  };
  std::thread([&] { main.fetch_sockets(throws); }).join();
  home.shard->stop();  // what was posted never runs
  EXPECT_EQ(calls, 1);
  home.burn_down();
  main.fetch_sockets(throws);
  EXPECT_EQ(calls, 2);
}

TEST(Guard, the_end_of_a_broadcast_that_throws_after_the_server_is_gone) {
  house home;
  const auto main = home.of();
  home.burn_down();
  int calls = 0;
  main.emit("q", [&](std::error_code, const values&) {
    calls++;
    throw std::runtime_error("thrown");
  });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace socketio::core_testing
