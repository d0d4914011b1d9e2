#include "base/histogram.hpp"

#include <gtest/gtest.h>

namespace socketio {
namespace {

using namespace std::chrono_literals;

TEST(TimeHistogram, EachTimeIsInTheFirstBucketThatHoldsIt) {
  time_histogram times;
  times.observe(-5ms);
  times.observe(10us);
  times.observe(10us + 1ns);
  times.observe(5s);
  times.observe(6s);
  EXPECT_EQ(times.count(0), 2u) << "a bound belongs to its bucket";
  EXPECT_EQ(times.count(1), 1u);
  EXPECT_EQ(times.count(time_histogram::bounds_us.size() - 1), 1u);
  EXPECT_EQ(times.count(time_histogram::bounds_us.size()), 1u);
  EXPECT_EQ(times.sum_ns(), 11'000'020'001u);
}

}  // namespace
}  // namespace socketio
