// The timer wheel against the simplest thing that could replace it: a std::multimap of deadlines.
// The seed is printed with every failure; the schedules are the same on every machine.
#include "base/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

namespace socketio {
namespace {

class model_test {
 public:
  explicit model_test(unsigned seed) : random_(seed) {
    for (int i = 0; i < 64; ++i) timers_.push_back(std::make_unique<numbered>(*this, i));
  }

  void run() {
    for (int step = 0; step < 3000; ++step) {
      switch (pick(10)) {
        case 0: cancel(pick(64)); break;
        case 1: destroy(pick(64)); break;
        case 2: advance(); break;
        default: arm(pick(64), now_ + distance()); break;
      }
      if (testing::Test::HasFailure()) return;
      check_next();
    }
    now_ += std::chrono::hours(24 * 400);
    expect_expired();
    EXPECT_EQ(wheel_.size(), 0u);
  }

 private:
  using microseconds = std::chrono::microseconds;

  struct numbered final : timer {
    numbered(model_test& of, int n) : test(of), number(n) {}
    void on_expired(time_point now) override {
      EXPECT_EQ(now, test.now_);
      test.expired_.push_back(number);
    }
    model_test& test;
    int number;
  };

  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  // Every order of magnitude from a microsecond to a year, and sometimes the past.
  microseconds distance() {
    const auto bits = random_() % 45;
    const auto length = static_cast<std::int64_t>(random_() & ((std::uint64_t{1} << bits) - 1));
    return microseconds(pick(20) == 0 ? -length : length);
  }

  // The millisecond in which a timer comes due; one that is late comes due in the current one.
  std::int64_t tick_of(time_point deadline) const {
    const auto current = std::chrono::floor<milliseconds>(now_ - start_).count();
    return std::max<std::int64_t>(std::chrono::ceil<milliseconds>(deadline - start_).count(),
                                  current);
  }

  void forget(int number) {
    std::erase_if(model_, [&](const auto& entry) { return entry.second == number; });
  }
  void arm(int number, time_point deadline) {
    forget(number);
    model_.emplace(tick_of(deadline), number);
    wheel_.arm(*timers_[static_cast<std::size_t>(number)], deadline);
  }
  void cancel(int number) {
    forget(number);
    timers_[static_cast<std::size_t>(number)]->cancel();
  }
  void destroy(int number) {
    forget(number);
    timers_[static_cast<std::size_t>(number)] = std::make_unique<numbered>(*this, number);
  }
  void advance() {
    const auto step = distance();
    now_ += step < step.zero() ? -step : step;
    expect_expired();
  }

  void expect_expired() {
    std::vector<int> expected;
    const auto due = std::chrono::floor<milliseconds>(now_ - start_).count();
    while (!model_.empty() && model_.begin()->first <= due) {
      expected.push_back(model_.begin()->second);
      model_.erase(model_.begin());
    }
    expired_.clear();
    wheel_.advance(now_);
    EXPECT_EQ(expired_, expected);
    EXPECT_EQ(wheel_.size(), model_.size());
  }

  void check_next() {
    const auto next = wheel_.next_expiry();
    EXPECT_EQ(next.has_value(), !model_.empty());
    if (next) {
      EXPECT_LE(*next, start_ + milliseconds(model_.begin()->first));
    }
  }

  std::mt19937_64 random_;
  const time_point start_{std::chrono::hours(5)};
  time_point now_ = start_;
  timer_wheel wheel_{start_};
  std::multimap<std::int64_t, int> model_;  // equal keys stay in the order of insertion
  std::vector<std::unique_ptr<numbered>> timers_;
  std::vector<int> expired_;
};

TEST(TimerWheel, does_what_a_sorted_list_would_do) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    model_test(seed).run();
    if (HasFailure()) return;
  }
}

// The same with small distances, where every slot and every cascade of the two lowest levels is
// hit.
TEST(TimerWheel, every_millisecond_of_the_lower_levels_is_exact) {
  const time_point start{};
  struct stamped final : timer {
    time_point fired{};
    void on_expired(time_point now) override { fired = now; }
  };
  for (int offset = 0; offset < 600; offset += 37) {
    timer_wheel wheel(start);
    wheel.advance(start + milliseconds(offset));
    std::vector<std::unique_ptr<stamped>> timers;
    for (int i = 0; i < 1000; ++i) {
      timers.push_back(std::make_unique<stamped>());
      wheel.arm(*timers.back(), start + milliseconds(offset + i));
    }
    for (int i = 0; i < 1000; ++i) wheel.advance(start + milliseconds(offset + i));
    for (int i = 0; i < 1000; ++i) {
      ASSERT_EQ(timers[static_cast<std::size_t>(i)]->fired, start + milliseconds(offset + i));
    }
  }
}

}  // namespace
}  // namespace socketio
