// The timer wheel: order, precision, and callbacks that do as they like. The random comparison with
// a model is in timer_wheel_model_test.cpp.
#include "base/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

namespace socketio {
namespace {

using namespace std::chrono_literals;

class probe final : public timer {
 public:
  explicit probe(std::function<void(time_point)> action = {}) : action_(std::move(action)) {}
  int count = 0;

 private:
  void on_expired(time_point now) override {
    ++count;
    if (const auto action = action_) action(now);  // a copy: the action may destroy this timer
  }
  std::function<void(time_point)> action_;
};

constexpr time_point start{1234567us};

TEST(TimerWheel, never_expires_early_and_at_most_a_millisecond_late) {
  for (const auto after : {0us, 1us, 999us, 1000us, 1001us, 255'500us, 256'000us, 65'536'000us}) {
    timer_wheel wheel(start);
    probe one;
    wheel.arm(one, start + after);
    if (after > 0us) {
      wheel.advance(start + after - 1us);
      EXPECT_EQ(one.count, 0) << after.count();
    }
    wheel.advance(start + after + 999us);
    EXPECT_EQ(one.count, 1) << after.count();
    EXPECT_FALSE(one.armed());
  }
}

TEST(TimerWheel, expires_in_the_order_of_deadlines_and_then_of_arming) {
  timer_wheel wheel(start);
  std::vector<int> order;
  std::vector<std::unique_ptr<probe>> timers;
  const milliseconds deadlines[] = {70'000ms, 5ms, 300ms, 5ms, 0ms, 70'000ms, 299ms, 20'000'000ms};
  for (int i = 0; i < 8; ++i) {
    timers.push_back(std::make_unique<probe>([&order, i](time_point) { order.push_back(i); }));
    wheel.arm(*timers.back(), start + deadlines[i]);
  }
  EXPECT_EQ(wheel.size(), 8u);
  wheel.advance(start + 20'000'000ms);
  EXPECT_EQ(order, (std::vector{4, 1, 3, 6, 2, 0, 5, 7}));
  EXPECT_EQ(wheel.size(), 0u);
  EXPECT_FALSE(wheel.next_expiry().has_value());
}

TEST(TimerWheel, hands_the_time_of_the_turn_to_the_callback) {
  timer_wheel wheel(start);
  time_point seen{};
  probe one([&](time_point now) { seen = now; });
  wheel.arm(one, start + 3ms);
  wheel.advance(start + 10ms + 7us);
  EXPECT_EQ(seen, start + 10ms + 7us);
}

TEST(TimerWheel, arming_again_moves_the_deadline) {
  timer_wheel wheel(start);
  probe one;
  wheel.arm(one, start + 5ms);
  wheel.arm(one, start + 500ms);
  EXPECT_EQ(one.deadline(), start + 500ms);
  EXPECT_EQ(wheel.size(), 1u);
  wheel.advance(start + 499ms);
  EXPECT_EQ(one.count, 0);
  wheel.arm(one, start + 499ms);
  wheel.advance(start + 499ms);
  EXPECT_EQ(one.count, 1);
}

TEST(TimerWheel, a_timer_moves_from_wheel_to_wheel) {
  timer_wheel first(start), second(start);
  probe one;
  first.arm(one, start + 5ms);
  second.arm(one, start + 5ms);
  EXPECT_EQ(first.size(), 0u);
  EXPECT_EQ(second.size(), 1u);
  first.advance(start + 5ms);
  EXPECT_EQ(one.count, 0);
  second.advance(start + 5ms);
  EXPECT_EQ(one.count, 1);
}

TEST(TimerWheel, cancelling_and_destroying_disarm) {
  timer_wheel wheel(start);
  probe cancelled;
  wheel.arm(cancelled, start + 5ms);
  {
    probe destroyed;
    wheel.arm(destroyed, start + 5ms);
    EXPECT_EQ(wheel.size(), 2u);
  }
  cancelled.cancel();
  cancelled.cancel();
  EXPECT_EQ(wheel.size(), 0u);
  EXPECT_FALSE(wheel.next_expiry().has_value());
  wheel.advance(start + 10ms);
  EXPECT_EQ(cancelled.count, 0);
}

TEST(TimerWheel, a_wheel_that_goes_first_disarms_its_timers) {
  probe near, far;
  {
    timer_wheel wheel(start);
    wheel.arm(near, start + 5ms);
    wheel.arm(far, time_point::max());
  }
  EXPECT_FALSE(near.armed());
  EXPECT_FALSE(far.armed());
}

TEST(TimerWheel, a_deadline_that_has_passed_expires_in_the_next_turn) {
  timer_wheel wheel(start);
  wheel.advance(start + 1000ms);
  probe past, present;
  wheel.arm(past, start);
  wheel.arm(present, start + 1000ms);
  EXPECT_LE(*wheel.next_expiry(), start + 1000ms);
  wheel.advance(start + 1000ms);
  EXPECT_EQ(past.count, 1);
  EXPECT_EQ(present.count, 1);
}

TEST(TimerWheel, deadlines_before_the_wheel_was_made_are_in_the_past) {
  timer_wheel wheel(start);
  probe one;
  wheel.arm(one, time_point::min());
  wheel.advance(start);
  EXPECT_EQ(one.count, 1);
}

TEST(TimerWheel, time_that_goes_backwards_is_ignored) {
  timer_wheel wheel(start);
  wheel.advance(start + 100ms);
  probe one;
  wheel.arm(one, start + 100ms);
  wheel.advance(start + 50ms);
  EXPECT_EQ(one.count, 0);
  wheel.advance(start + 100ms);
  EXPECT_EQ(one.count, 1);
}

TEST(TimerWheel, arming_itself_at_once_does_not_hold_up_the_turn) {
  timer_wheel wheel(start);
  probe* self = nullptr;
  time_point when{};
  probe again([&](time_point now) {
    when = now;
    wheel.arm(*self, now);
  });
  self = &again;
  wheel.arm(again, start + 1ms);
  for (int turn = 1; turn <= 3; ++turn) {
    wheel.advance(start + 10ms);
    EXPECT_LE(again.count, turn + 1);
    EXPECT_GE(again.count, turn);
  }
  EXPECT_EQ(when, start + 10ms);
}

TEST(TimerWheel, arming_itself_in_the_past_does_not_hold_up_the_turn) {
  timer_wheel wheel(start);
  probe* self = nullptr;
  probe again([&](time_point) { wheel.arm(*self, start); });
  self = &again;
  wheel.arm(again, start + 1ms);
  wheel.advance(start + 1'000'000ms);
  EXPECT_LE(again.count, 2);
  EXPECT_TRUE(again.armed());
}

TEST(TimerWheel, a_periodic_timer_catches_up_within_one_turn) {
  timer_wheel wheel(start);
  probe* self = nullptr;
  time_point next = start + 10ms;
  probe periodic([&](time_point) { wheel.arm(*self, next += 10ms); });
  self = &periodic;
  wheel.arm(periodic, next);
  wheel.advance(start + 1000ms);
  EXPECT_EQ(periodic.count, 100);
}

TEST(TimerWheel, a_callback_may_cancel_those_that_are_due_with_it) {
  timer_wheel wheel(start);
  probe victim, other_slot;
  probe first([&](time_point) {
    victim.cancel();
    other_slot.cancel();
  });
  wheel.arm(first, start + 5ms);
  wheel.arm(victim, start + 5ms);
  wheel.arm(other_slot, start + 6ms);
  wheel.advance(start + 10ms);
  EXPECT_EQ(first.count, 1);
  EXPECT_EQ(victim.count, 0);
  EXPECT_EQ(other_slot.count, 0);
}

TEST(TimerWheel, a_callback_may_move_those_that_are_due_with_it) {
  timer_wheel wheel(start);
  probe moved;
  probe first([&](time_point now) { wheel.arm(moved, now + 5ms); });
  wheel.arm(first, start + 5ms);
  wheel.arm(moved, start + 5ms);
  wheel.advance(start + 5ms);
  EXPECT_EQ(moved.count, 0);
  wheel.advance(start + 10ms);
  EXPECT_EQ(moved.count, 1);
}

TEST(TimerWheel, a_callback_may_destroy_itself_and_others) {
  timer_wheel wheel(start);
  std::unique_ptr<probe> first, second, third;
  first = std::make_unique<probe>([&](time_point) {
    second.reset();
    third.reset();
    first.reset();
  });
  second = std::make_unique<probe>();
  third = std::make_unique<probe>();
  wheel.arm(*first, start + 5ms);
  wheel.arm(*second, start + 5ms);
  wheel.arm(*third, start + 900ms);
  wheel.advance(start + 1000ms);
  EXPECT_EQ(wheel.size(), 0u);
  EXPECT_FALSE(first || second || third);
}

TEST(TimerWheel, a_callback_may_arm_what_is_due_later_in_the_same_turn) {
  timer_wheel wheel(start);
  std::vector<int> order;
  probe second([&](time_point) { order.push_back(2); });
  probe third([&](time_point) { order.push_back(3); });
  probe first([&](time_point) {
    order.push_back(1);
    wheel.arm(second, start + 50ms);
  });
  wheel.arm(first, start + 5ms);
  wheel.arm(third, start + 60ms);
  wheel.advance(start + 100ms);
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(TimerWheel, days_and_years_ahead_are_no_different) {
  using days = std::chrono::duration<std::int64_t, std::ratio<86400>>;
  timer_wheel wheel(start);
  probe in_49_days, in_60_days, in_10_years, never;
  wheel.arm(never, time_point::max());
  wheel.arm(in_10_years, start + days(3650));
  wheel.arm(in_60_days, start + days(60));
  wheel.arm(in_49_days, start + days(49));
  time_point now = start;
  for (int step = 0; step < 1000 && in_10_years.count == 0; ++step) {
    now = *wheel.next_expiry();
    wheel.advance(now);
  }
  EXPECT_EQ(now, start + days(3650));
  EXPECT_EQ(in_49_days.count + in_60_days.count, 2);
  EXPECT_EQ(never.count, 0);
  EXPECT_EQ(wheel.size(), 1u);
}

// Whoever sleeps until next_expiry() and no longer wakes for every timer in its millisecond, with
// few extra wake-ups for cascades.
TEST(TimerWheel, sleeping_until_the_next_expiry_misses_nothing) {
  for (const auto deadline : {1ms, 255ms, 256ms, 257ms, 511ms, 512ms, 65'535ms, 65'536ms, 65'537ms,
                              16'777'215ms, 16'777'216ms, 16'777'217ms}) {
    timer_wheel wheel(start);
    wheel.advance(start + 1ms);
    probe one;
    wheel.arm(one, start + deadline + 300us);
    int wakes = 0;
    while (one.count == 0) {
      const time_point now = *wheel.next_expiry();
      EXPECT_LE(now, start + deadline + 1ms);
      wheel.advance(now);
      ASSERT_LE(++wakes, 4);
      if (one.count == 1) {
        EXPECT_EQ(now, start + deadline + 1ms);
      }
    }
  }
}

}  // namespace
}  // namespace socketio
