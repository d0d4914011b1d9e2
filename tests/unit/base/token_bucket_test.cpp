// Token buckets: the law as a table, a model that counts tokens, and several threads at one bucket.
#include "base/token_bucket.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace socketio {
namespace {

using namespace std::chrono_literals;

const time_point start{std::chrono::hours(1)};

TEST(TokenBucket, BeginsFullAndFillsWithTime) {
  const token_rate rate(10, 3);
  token_bucket bucket;
  for (int i = 0; i < 3; i++) EXPECT_EQ(bucket.take(rate, 1, start), 0ns);
  EXPECT_EQ(bucket.take(rate, 1, start), 100ms) << "a tenth of a second for a token";
  EXPECT_EQ(bucket.take(rate, 2, start), 200ms) << "what is refused takes nothing";
  EXPECT_EQ(bucket.take(rate, 1, start + 99ms), 1ms);
  EXPECT_EQ(bucket.take(rate, 1, start + 100ms), 0ns);
  EXPECT_EQ(bucket.take(rate, 3, start + 10h), 0ns);
  EXPECT_EQ(bucket.take(rate, 1, start + 10h), 100ms) << "no more than the burst is kept";
}

TEST(TokenBucket, WhatNeverFitsPassesWhenItIsFullAndLeavesADebt) {
  const token_rate rate(1000, 1000);
  token_bucket bucket;
  EXPECT_EQ(bucket.take(rate, 5000, start), 0ns);
  EXPECT_EQ(bucket.take(rate, 1, start), 4001ms);
  EXPECT_EQ(bucket.take(rate, 1, start + 4001ms), 0ns);
}

TEST(TokenBucket, CreditIsToldAsTheTimeUntilItIsPaid) {
  const token_rate rate(10, 2);
  token_bucket bucket;
  EXPECT_EQ(bucket.take_on_credit(rate, 1, start), 0ns);
  EXPECT_EQ(bucket.take_on_credit(rate, 1, start), 0ns);
  EXPECT_EQ(bucket.take_on_credit(rate, 1, start), 100ms);
  EXPECT_EQ(bucket.take_on_credit(rate, 1, start), 200ms);
  EXPECT_EQ(bucket.take_on_credit(rate, 1e18, start), 24h) << "no debt is for ever";
}

TEST(TokenBucket, WithoutABurstASecondIsOne) {
  const token_rate rate(5, 0), slow(0.1, 0);
  token_bucket bucket, other;
  for (int i = 0; i < 5; i++) EXPECT_EQ(bucket.take(rate, 1, start), 0ns);
  EXPECT_NE(bucket.take(rate, 1, start), 0ns);
  EXPECT_EQ(other.take(slow, 1, start), 0ns) << "at least one";
  EXPECT_EQ(other.take(slow, 1, start), 10s);
}

// Against counted tokens, which fill up before each taking.
TEST(TokenBucket, AgreesWithAModelThatCounts) {
  std::mt19937 random(7);
  const token_rate rate(100, 50);
  token_bucket bucket;
  double tokens = 50;
  time_point now = start;
  int taken = 0, refused = 0;
  for (int i = 0; i < 100'000; i++) {
    const auto pause = std::chrono::milliseconds(random() % 40);
    now += pause;
    tokens = std::min(50.0, tokens + static_cast<double>(pause.count()) / 10);
    const double wanted = 1 + static_cast<double>(random() % 5);
    const bool got = bucket.take(rate, wanted, now) == 0ns;
    if (std::abs(tokens - wanted) > 1e-6) {
      EXPECT_EQ(got, tokens > wanted) << i;
    }
    if (got) tokens -= wanted;
    (got ? taken : refused)++;
  }
  EXPECT_GT(taken, 10'000);
  EXPECT_GT(refused, 10'000);
}

TEST(SharedTokenBucket, GivesSeveralThreadsNoMoreThanItHas) {
  const token_rate rate(1, 1000);
  shared_token_bucket bucket;
  std::atomic<int> taken{0};
  std::vector<std::thread> all;
  for (int i = 0; i < 4; i++)
    all.emplace_back([&] {
      for (int n = 0; n < 1000; n++)
        if (bucket.take(rate, 1, start) == 0ns) taken++;
    });
  for (auto& one : all) one.join();
  EXPECT_EQ(taken, 1000);
  EXPECT_EQ(bucket.take_on_credit(rate, 5, start), 5s);
}

}  // namespace
}  // namespace socketio
