// What waits for a connection: its order, its bytes, and how the application sees it (CS-10,
// ACK-13).
#include "client/offline_buffer.hpp"

#include "client_home.hpp"

#include <limits>
#include <thread>

namespace socketio::client_side {
namespace {

constexpr time_point start{1h};

// An event of no arguments.
offline_buffer::waiting named(std::string_view name, std::size_t bytes = 1,
                              std::optional<std::uint64_t> ack_id = std::nullopt,
                              time_point since = start) {
  return {detail::keep_event(name), ack_id, true, bytes, since};
}

lines names_in(const offline_buffer& of) {
  lines names;
  for (const auto& each : of.look(start)) names.push_back(each.name);
  return names;
}

// CS-10
TEST(OfflineBuffer, CS_10_KeepsTheOrder) {
  offline_buffer of(100);
  EXPECT_FALSE(of.pop());
  auto first = named("a", 10, 7);
  first.compress = false;
  of.push(std::move(first));
  of.push(named("b", 20, std::nullopt, start + 5ms));
  EXPECT_EQ(of.bytes(), 30u);
  const auto a = of.pop(), b = of.pop();
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->event->text, R"(["a"])");
  EXPECT_EQ(a->ack_id, 7u);
  EXPECT_FALSE(a->compress);
  EXPECT_EQ(a->bytes, 10u);
  EXPECT_EQ(a->since, start);
  EXPECT_EQ(b->event->text, R"(["b"])");
  EXPECT_EQ(b->ack_id, std::nullopt);
  EXPECT_TRUE(b->compress);
  EXPECT_FALSE(of.pop());
  EXPECT_EQ(of.bytes(), 0u);
}

TEST(OfflineBuffer, HasRoomUpToItsLimit) {
  offline_buffer of(100);
  EXPECT_TRUE(of.has_room_for(0));
  EXPECT_TRUE(of.has_room_for(100));
  EXPECT_FALSE(of.has_room_for(101));
  EXPECT_FALSE(of.has_room_for(std::numeric_limits<std::size_t>::max()));
  of.push(named("a", 60));
  EXPECT_TRUE(of.has_room_for(40));
  EXPECT_FALSE(of.has_room_for(41));
  EXPECT_FALSE(of.has_room_for(std::numeric_limits<std::size_t>::max() - 10)) << "nothing wraps";
  of.push(named("b", 40, 1));
  EXPECT_TRUE(of.has_room_for(0));
  EXPECT_FALSE(of.has_room_for(1));
  of.pop();
  EXPECT_TRUE(of.has_room_for(60));
  EXPECT_FALSE(of.has_room_for(61));
  of.remove(1);
  EXPECT_TRUE(of.has_room_for(100));
  EXPECT_FALSE(of.has_room_for(101));
}

TEST(OfflineBuffer, MayHaveNoRoom) {
  const offline_buffer none(0);
  EXPECT_FALSE(none.has_room_for(1));
  const offline_buffer endless(std::numeric_limits<std::size_t>::max());
  EXPECT_TRUE(endless.has_room_for(std::numeric_limits<std::size_t>::max()));
}

// ACK-13
TEST(OfflineBuffer, ACK_13_RemovesWhatNobodyWaitsFor) {
  offline_buffer of(1'000);
  of.push(named("a", 10, 0));
  of.push(named("b", 20));
  of.push(named("c", 40, 1));
  of.push(named("d", 80, 2));
  of.remove(77);
  EXPECT_EQ(of.bytes(), 150u);
  of.remove(1);
  EXPECT_EQ(of.bytes(), 110u);
  EXPECT_EQ(names_in(of), (lines{"a", "b", "d"}));
  of.remove(1);
  of.remove(0);
  EXPECT_EQ(of.bytes(), 100u);
  EXPECT_EQ(names_in(of), (lines{"b", "d"})) << "what has no acknowledgement is not number 0";
  of.remove(2);
  EXPECT_EQ(names_in(of), lines{"b"});
}

TEST(OfflineBuffer, KnowsTheOldest) {
  offline_buffer of(1'000);
  EXPECT_EQ(of.oldest(), std::nullopt);
  of.push(named("a", 1, 0, start + 1ms));
  of.push(named("b", 1, 1, start + 2ms));
  of.push(named("c", 1, 2, start + 3ms));
  EXPECT_EQ(of.oldest(), start + 1ms);
  of.remove(1);
  EXPECT_EQ(of.oldest(), start + 1ms);
  of.remove(0);
  EXPECT_EQ(of.oldest(), start + 3ms);
  of.pop();
  EXPECT_EQ(of.oldest(), std::nullopt);
}

TEST(OfflineBuffer, ShowsWhatTheApplicationEmitted) {
  offline_buffer of(1'000);
  EXPECT_TRUE(of.look(start).empty());
  const binary bytes(std::string_view("\0\1\xFF", 3)), more(std::string_view("more"));
  of.push({detail::keep_event("file", bytes, value::map({{"inside", more}, {"n", 1}}), "text"), 3,
           true, 10, start});
  of.push({detail::keep_event("gr\xC3\xBC\xC3\x9F\"e", nullptr, true, 1.5, value::list({})),
           std::nullopt, true, 10, start + 1'500us});
  of.push(named("bare"));

  const auto seen = of.look(start + 10ms);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].name, "file");
  EXPECT_EQ(seen[0].arguments, (values{bytes, value::map({{"inside", more}, {"n", 1}}), "text"}));
  EXPECT_EQ(seen[0].age, 10ms);
  EXPECT_TRUE(seen[0].wants_ack);
  EXPECT_EQ(seen[1].name, "gr\xC3\xBC\xC3\x9F\"e");
  EXPECT_EQ(seen[1].arguments, (values{nullptr, true, 1.5, value::list({})}));
  EXPECT_EQ(seen[1].age, 8ms) << "full milliseconds";
  EXPECT_FALSE(seen[1].wants_ack);
  EXPECT_EQ(seen[2].name, "bare");
  EXPECT_EQ(seen[2].arguments, values{});
  EXPECT_EQ(of.bytes(), 21u) << "looking takes nothing";
}

// Any thread may look; the thread sanitizer watches.
TEST(OfflineBuffer, MayBeLookedAtFromElsewhere) {
  offline_buffer of(1'000'000);
  std::atomic<bool> over{false}, looked{false};
  std::thread other([&] {
    while (!over || !looked) {
      const auto seen = of.look(start + 1ms);
      for (const auto& each : seen) ASSERT_EQ(each.name, "a");
      ASSERT_LE(of.bytes(), 10u);
      looked = true;
    }
  });
  for (std::uint64_t id = 0; id < 500 || !looked; ++id) {
    for (int i = 0; i < 5; ++i) of.push(named("a", 2, id));
    of.oldest();
    of.pop();
    of.remove(id);
  }
  over = true;
  other.join();
  EXPECT_EQ(of.bytes(), 0u);
}

}  // namespace
}  // namespace socketio::client_side
