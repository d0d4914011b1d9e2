// Pauses between attempts (CM-10), also after very many of them.
#include "client/backoff.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace socketio::client_side {
namespace {

using namespace std::chrono_literals;

// CM-10: what the official client computes with the same random number
TEST(Backoff, CM_10_FollowsTheOfficialFormula) {
  struct row {
    backoff_options by;
    double random;
    std::vector<std::int64_t> pauses;
  };
  const std::vector<row> table = {
      {{1'000ms, 5'000ms, 0.0}, 0.3, {1'000, 2'000, 4'000, 5'000, 5'000}},
      {{1'000ms, 5'000ms, 0.5}, 0.0, {1'000, 2'000, 4'000, 5'000}},
      {{1'000ms, 5'000ms, 0.5}, 0.25, {875, 1'750, 3'500, 5'000}},    // floor(2.5) is even: less
      {{1'000ms, 5'000ms, 0.5}, 0.35, {1'175, 2'350, 4'700, 5'000}},  // odd: more
      {{100ms, 5'000ms, 1.0}, 0.85, {15, 30, 60, 120, 240, 480}},
      {{0ms, 5'000ms, 0.5}, 0.9, {0, 0, 0}},
      {{1'000ms, 0ms, 0.5}, 0.9, {0, 0}},
      {{1'000ms, 10ms, 0.5}, 0.1, {10, 10}},
  };
  for (const row& each : table) {
    backoff pauses;
    for (const auto wanted : each.pauses)
      EXPECT_EQ(pauses.next(each.by, each.random).count(), wanted) << each.random;
    EXPECT_EQ(pauses.attempts(), each.pauses.size());
    pauses.reset();
    EXPECT_EQ(pauses.next(each.by, each.random).count(), each.pauses.front());
  }
}

//
TEST(Backoff, Q_10_StaysAtTheLimitForEver) {
  for (const double jitter : {0.0, 0.5, 1.0})
    for (const double random : {0.0, 0.5, 0.85, 0.95}) {
      backoff pauses;
      const backoff_options by{1'000ms, 5'000ms, jitter};
      for (int n = 0; n < 5'000; ++n) {
        const auto pause = pauses.next(by, random);
        ASSERT_LE(pause, 5'000ms);
        ASSERT_TRUE(n < 10 || pause == 5'000ms) << n << ' ' << jitter << ' ' << random;
      }
    }
}

}  // namespace
}  // namespace socketio::client_side
