// What trees are counted as, against what they take.
#include "client/tree_bytes.hpp"

#include "client_home.hpp"

namespace socketio::client_side {
namespace {

TEST(TreeBytes, CountsWhatATreeTakes) {
  EXPECT_EQ(tree_bytes(value()), sizeof(value));
  EXPECT_EQ(tree_bytes(value(7)), sizeof(value));
  EXPECT_GE(tree_bytes(value(std::string(1'000, 'x'))), 1'000 + sizeof(value));
  EXPECT_GE(tree_bytes(value(binary(std::string_view("12345")))), 5 + sizeof(value));
  value::array hundred(100);
  EXPECT_EQ(tree_bytes(value(hundred)), 101 * sizeof(value));
  EXPECT_GE(tree_bytes(value(value::array{value(hundred), value(hundred)})), 203 * sizeof(value));
  hundred.reserve(200);
  EXPECT_EQ(tree_bytes(value(std::move(hundred))), 201 * sizeof(value));
  const value object = value::map({{"a rather long name of a member", 1}, {"b", value::list({2})}});
  EXPECT_GE(tree_bytes(object), 4 * sizeof(value) + 2 * sizeof(std::string) + 30);
}

// 3 bytes on the wire, 40 in memory: a text of a megabyte must not become forty unnoticed.
TEST(TreeBytes, BoundsWhatComesBeforeConnect) {
  auto options = client_home::quick();
  options.receive_buffer_bytes_max = 100 * 1'024;
  client_home home(options);
  const auto io = home.socket();
  home.watch();
  io.connect();
  home.peer().opens();
  home.told.clear();
  std::string small = R"(2["x")";
  for (int i = 0; i < 1'000; ++i) small += ",[]";
  home.peer().says(small + "]");
  home.expect({});
  std::string big = R"(2["x")";
  for (int i = 0; i < 10'000; ++i) big += ",[]";
  home.peer().says(big + "]");
  home.expect({"close: parse error"});
}

// Callbacks that an executor never runs.
TEST(TreeBytes, BoundsWhatWaitsForAnExecutor) {
  auto options = client_home::quick();
  options.receive_buffer_bytes_max = 100 * 1'024;
  std::vector<std::function<void()>> waiting;
  options.executor = [&](std::function<void()> work) { waiting.push_back(std::move(work)); };
  client_home home(options);
  const auto io = home.joined();
  int events = 0;
  io.on("x", [&](rest) { ++events; });
  const std::string packet = R"(2["x",")" + std::string(10'000, 'x') + R"("])";
  for (int i = 0; i < 9; ++i) home.peer().says(packet);
  EXPECT_TRUE(io.connected());
  for (const auto& work : std::exchange(waiting, {})) work();
  EXPECT_EQ(events, 9);
  for (int i = 0; i < 9; ++i) home.peer().says(packet);  // what was run does not count any more
  EXPECT_TRUE(io.connected());
  for (int i = 0; i < 2; ++i) home.peer().says(packet);
  EXPECT_FALSE(io.connected());
  waiting.clear();  // thrown away
  EXPECT_EQ(home.manager->out()->waiting_bytes(), 0u);
  home.come_back(io);
  EXPECT_TRUE(io.connected());
}

}  // namespace
}  // namespace socketio::client_side
