// Listeners that die, are called and are changed by several threads at the same time.
#include "listeners.hpp"

#include <array>
#include <atomic>
#include <thread>

namespace socketio::client_side {
namespace {

// Uses the list when it dies, as a listener may that owns something.
class last_wish {
 public:
  last_wish(listeners& of, listener_id removed) : of_(of), removed_(removed) {}
  ~last_wish() {
    of_.list.remove(removed_);
    of_.add(99, "of the dead");
    of_.told.push_back(std::to_string(of_.list.count()));
  }

 private:
  listeners& of_;
  const listener_id removed_;
};

TEST(ListenerLifetime, DestructorsMayUseTheList) {
  for (const bool cleared : {false, true}) {
    listeners of;
    of.add(2, "other");
    of.add(1, [wish = std::make_shared<last_wish>(of, listener_id{2})] {});
    if (cleared)
      of.list.clear();
    else
      of.list.remove(1);
    EXPECT_EQ(std::exchange(of.told, {}), lines{"1"});
    of.expect({"of the dead"});
    of.list.clear();
  }
}

TEST(ListenerLifetime, DestructorsBehindACallMayUseTheList) {
  listeners of;
  of.add(
      1,
      [&of, wish = std::make_shared<last_wish>(of, listener_id{2})] { of.told.push_back("once"); },
      true);
  of.add(2, "other");
  of.expect({"once", "other", "1"});
  of.expect({"of the dead"});
}

// A listener that removes itself, and holds what it works with, lives until it returns.
TEST(ListenerLifetime, WhatRunsLives) {
  listeners of;
  const auto held = std::make_shared<std::string>("still there");
  of.add(1, [&of, mine = held] {
    of.list.clear();
    of.told.push_back(*mine);
    EXPECT_GT(mine.use_count(), 1);
  });
  of.expect({"still there"});
  EXPECT_EQ(held.use_count(), 1);
}

// ---- several threads

TEST(ListenerLifetime, CallsOnceOnceFromTwoThreads) {
  for (int round = 0; round < 500; ++round) {
    signal<> list;
    std::array<std::atomic<int>, 8> called{};
    for (listener_id id = 0; id < called.size(); ++id)
      list.add(
          id, {}, [&called, id] { ++called[id]; }, true, false);
    std::atomic<int> ready{0};
    const auto call = [&] {
      for (++ready; ready < 2;) {
      }
      list.each({}, [](const auto& run) { run(); });
    };
    std::thread other(call);
    call();
    other.join();
    for (const auto& each : called) ASSERT_EQ(each, 1);
    ASSERT_TRUE(list.empty());
  }
}

// Each listener owns memory: who called one that is gone would touch it.
TEST(ListenerLifetime, ChangesFromAllSides) {
  signal<> list;
  std::atomic<bool> over{false};
  std::atomic<std::size_t> sum{0};
  std::thread caller([&] {
    while (!over) list.each({}, [](const auto& run) { run(); });
  });
  const auto change = [&](listener_id from) {
    for (listener_id id = from; id < from + 1'000; ++id) {
      list.add(
          id, {}, [&sum, held = std::make_shared<std::size_t>(1)] { sum += *held; }, id % 2 == 0,
          id % 3 == 0);
      if (id > from) list.remove(id - 1);
    }
  };
  std::thread other([&] { change(10'000); });
  change(1);
  other.join();
  over = true;
  caller.join();
  EXPECT_LE(list.count(), 2u);
  list.clear();
  EXPECT_TRUE(list.empty());
}

}  // namespace
}  // namespace socketio::client_side
