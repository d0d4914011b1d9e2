// Deadlines: whatever the delay, the sum never runs over.
#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace socketio {
namespace {

TEST(Clock, a_deadline_is_now_and_the_delay) {
  const time_point now{std::chrono::hours(1)};
  EXPECT_EQ(deadline_after(now, milliseconds(5)), now + milliseconds(5));
  EXPECT_EQ(deadline_after(now, milliseconds(0)), now);
  EXPECT_EQ(deadline_after(now, milliseconds(-5)), now) << "no delay is negative";
}

TEST(Clock, a_deadline_beyond_all_time_is_never) {
  const time_point now{std::chrono::hours(1)};
  EXPECT_EQ(deadline_after(now, milliseconds::max()), time_point::max());
  EXPECT_EQ(deadline_after(now, std::chrono::hours(24) * 365 * 400), time_point::max());
  EXPECT_EQ(deadline_after(now, milliseconds::min()), now);
  EXPECT_EQ(deadline_after(time_point::max(), milliseconds(1)), time_point::max());
  const auto last = std::chrono::duration_cast<milliseconds>(time_point::max() - now);
  EXPECT_LE(deadline_after(now, last), time_point::max());
  EXPECT_GT(deadline_after(now, last), now);
}

}  // namespace
}  // namespace socketio
