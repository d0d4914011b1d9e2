// socket.use(): what stands between an incoming event and its handlers. Rows SK-11, SK-12, Q-30.
#include "unit/core/core_script.hpp"

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

TEST(EventMiddleware, SK11_may_change_the_name_and_the_arguments) {
  house home;
  auto [peer, who] = home.welcome();
  who.use([](event_packet& packet, const next_fn& next) {
    EXPECT_TRUE(packet.wants_ack);
    packet.name = "y";
    packet.arguments[0] = value(*packet.arguments[0].as_integer() * 10);
    packet.arguments.push_back(binary("bytes"));
    next();
  });
  who.on("x", [] { FAIL() << "it is called y now"; });
  who.on("y", [](int n, std::span<const std::byte> bytes, const rest& none) {
    return std::tuple(n, bytes.size(), none.all.size());
  });
  EXPECT_EQ(peer.asks(R"(21["x",4])"), "31[40,5,0]");
}

TEST(EventMiddleware, SK11_an_error_stops_the_event_and_only_the_server_hears_of_it) {
  house home;
  auto [peer, who] = home.welcome();
  strings errors;
  who.on_error([&](std::string_view what) { errors.emplace_back(what); });
  who.use([](event_packet&, const next_fn& next) { next("not today"); });
  who.use([](event_packet&, const next_fn&) { FAIL() << "the first has stopped it"; });
  who.on("x", [] { FAIL() << "a middleware has stopped it"; });
  EXPECT_EQ(peer.asks(R"(21["x"])"), "");
  EXPECT_EQ(errors, (strings{"not today"}));
  EXPECT_TRUE(who.connected());
}

TEST(EventMiddleware, an_exception_is_an_error_and_is_reported) {
  house home;
  auto [peer, who] = home.welcome();
  strings errors;
  who.on_error([&](std::string_view what) { errors.emplace_back(what); });
  who.use([](event_packet&, const next_fn&) { throw std::runtime_error("thrown"); });
  who.on("x", [] { FAIL(); });
  peer.says(R"(2["x"])");
  EXPECT_EQ(errors, (strings{"thrown"}));
  EXPECT_EQ(home.errors, (strings{"event middleware: thrown"}));
  home.errors.clear();
}

TEST(EventMiddleware, may_let_the_event_go_later_and_from_another_thread) {
  house home;
  auto [peer, who] = home.welcome();
  std::vector<next_fn> waiting;
  who.use([&](event_packet&, const next_fn& next) { waiting.push_back(next); });
  who.on("x", [](const std::string& text) { return text; });
  EXPECT_EQ(peer.asks(R"(21["x","first"])"), "");
  EXPECT_EQ(peer.asks(R"(22["x","second"])"), "");
  waiting[1]();
  EXPECT_EQ(peer.next(), R"(32["second"])");
  std::thread([&] { waiting[0](); }).join();
  EXPECT_EQ(peer.next(), "") << "not before the shard runs";
  home.turn();
  EXPECT_EQ(peer.next(), R"(31["first"])");
}

TEST(EventMiddleware, Q30_the_second_call_of_next_is_ignored) {
  house home;
  auto [peer, who] = home.welcome();
  strings errors;
  int calls = 0;
  who.on_error([&](std::string_view what) { errors.emplace_back(what); });
  who.use([](event_packet&, const next_fn& next) {
    next();
    next();
    next("too late");
  });
  who.on("x", [&] { calls++; });
  peer.says(R"(2["x"])");
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(errors.empty());
}

TEST(EventMiddleware, an_event_that_is_let_go_after_the_disconnect_reaches_nobody) {
  house home;
  auto [peer, who] = home.welcome();
  std::vector<next_fn> waiting;
  who.use([&](event_packet&, const next_fn& next) { waiting.push_back(next); });
  who.on("x", [] { FAIL(); });
  peer.says(R"(2["x"])").says(R"(2["x"])");
  peer.says("1");
  waiting[0]();
  waiting[1]("an error");
  home.turn();
  EXPECT_FALSE(who.connected());
}

TEST(EventMiddleware, an_event_that_nobody_lets_go_costs_nothing_after_the_disconnect) {
  const auto captured = std::make_shared<int>(0);
  house home;
  auto [peer, who] = home.welcome();
  who.use([captured](event_packet&, const next_fn&) {});
  peer.says(R"(21["x"])");
  EXPECT_EQ(captured.use_count(), 2);
  peer.hang_up();
  EXPECT_EQ(captured.use_count(), 1);
}

TEST(EventMiddleware, one_that_is_added_meanwhile_is_for_the_next_event) {
  house home;
  auto [peer, who] = home.welcome();
  strings calls;
  who.use([&, who = who](event_packet&, const next_fn& next) {
    calls.push_back("first");
    if (calls.size() == 1)
      who.use([&](event_packet&, const next_fn& go) { calls.push_back("added"), go(); });
    next();
  });
  who.on("x", [&] { calls.push_back("handler"); });
  peer.says(R"(2["x"])").says(R"(2["x"])");
  EXPECT_EQ(calls, (strings{"first", "handler", "first", "added", "handler"}));
}

}  // namespace
}  // namespace socketio::core_testing
