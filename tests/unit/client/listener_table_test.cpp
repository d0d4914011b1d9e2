// Lists of listeners: their order, once() exactly once, and changes while they are called.
#include "listeners.hpp"

namespace socketio::client_side {
namespace {

TEST(ListenerTable, KeepsTheOrder) {
  listeners of;
  of.expect({});
  of.add(1, "one");
  of.add(2, "two");
  of.add(3, "first", false, true);
  of.expect({"first", "one", "two"});
  of.add(4, "very first", false, true);
  of.list.remove(1);
  of.expect({"very first", "first", "two"});
}

TEST(ListenerTable, KnowsEventsApart) {
  listeners of;
  of.add(1, "a", false, false, "a");
  of.add(2, "b", false, false, "b");
  of.add(3, "b again", false, false, "b");
  EXPECT_EQ(of.list.count("a"), 1u);
  EXPECT_EQ(of.list.count("b"), 2u);
  EXPECT_EQ(of.list.count("c"), 0u);
  EXPECT_EQ(of.list.count(), 0u) << "of no name";
  of.expect({"a"}, "a");
  of.expect({"b", "b again"}, "b");
  of.expect({}, "c");
  of.list.remove_if([](const auto& each) { return each.event == "b"; });
  of.expect({}, "b");
  of.expect({"a"}, "a");
}

TEST(ListenerTable, CountsAndClears) {
  listeners of;
  EXPECT_TRUE(of.list.empty());
  of.list.clear();
  of.list.remove(1);
  of.add(1, "one");
  of.add(2, "two", true);
  EXPECT_EQ(of.list.count(), 2u);
  EXPECT_FALSE(of.list.empty());
  of.list.remove(7);
  EXPECT_EQ(of.list.count(), 2u);
  of.list.clear();
  EXPECT_EQ(of.list.count(), 0u);
  EXPECT_TRUE(of.list.empty());
  of.expect({});
  of.add(3, "three");
  of.list.remove(3);
  EXPECT_TRUE(of.list.empty()) << "however the last one left";
}

TEST(ListenerTable, CallsOnceOnce) {
  listeners of;
  of.add(1, "once", true);
  of.add(2, "always");
  of.add(3, "once, and first", true, true);
  of.expect({"once, and first", "once", "always"});
  EXPECT_EQ(of.list.count(), 1u);
  of.expect({"always"});
}

// It has left before it is called: what happens inside cannot call it again.
TEST(ListenerTable, CallsOnceOnceThoughItCallsAgain) {
  listeners of;
  of.add(
      1,
      [&] {
        of.told.push_back("once");
        EXPECT_TRUE(of.list.empty());
        of.call();
      },
      true);
  of.expect({"once"});
}

// What has thrown ends the round, as in JavaScript, and is gone if it was to be called once.
TEST(ListenerTable, WhatThrowsIsGoneAfterOnceToo) {
  listeners of;
  of.add(
      1, [] { throw 7; }, true);
  of.add(2, "two");
  EXPECT_THROW(of.call(), int);
  of.expect({"two"});
}

// ---- changes inside of a call

TEST(ListenerTable, RemovalTakesEffectAtOnce) {
  listeners of;
  of.add(1, [&] {
    of.told.push_back("one");
    of.list.remove(1);
    of.list.remove(2);
    of.list.remove(3);
  });
  of.add(2, "two");
  of.add(3, "three", true);
  of.add(4, "four");
  of.expect({"one", "four"});
  of.expect({"four"});
}

TEST(ListenerTable, ClearTakesEffectAtOnce) {
  listeners of;
  of.add(1, [&] { of.list.clear(); });
  of.add(2, "two");
  of.expect({});
  EXPECT_TRUE(of.list.empty());
}

TEST(ListenerTable, WhatIsAddedInACallIsOfTheNextOne) {
  listeners of;
  of.add(
      1,
      [&] {
        of.add(2, "behind");
        of.add(3, "before", false, true);
      },
      true);
  of.expect({});
  of.expect({"before", "behind"});
}

// In nested calls each round is of its own time.
TEST(ListenerTable, ACallInsideOfACallSeesWhatIsThere) {
  listeners of;
  of.add(
      1,
      [&] {
        of.list.remove(2);
        of.add(4, "four");
        of.call();
      },
      true);
  of.add(2, "two");
  of.add(3, "three");
  of.expect({"three", "four", "three"});
}

}  // namespace
}  // namespace socketio::client_side
