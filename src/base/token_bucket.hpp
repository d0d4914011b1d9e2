// Token buckets without timers: what a bucket holds follows from one time, the moment in which it
// was empty (or will be again, when it is in debt), and is worked out when somebody takes. So an
// idle bucket costs 8 bytes and nothing else (the generic cell rate algorithm, seen from its other
// end).
//
// Tested by tests/unit/base/token_bucket_test.cpp.
#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <atomic>

namespace socketio {

// How fast a bucket fills, and how much fits.
class token_rate {
 public:
  token_rate() = default;  // no limit: limits() is false
  token_rate(double per_second, double burst)
      : each_(1e9 / std::max(per_second, 1e-9)),
        full_(time_of(burst > 0 ? burst : std::max(per_second, 1.0))),
        limits_(per_second > 0) {}

  bool limits() const noexcept { return limits_; }
  duration cost(double tokens) const noexcept { return time_of(tokens); }
  duration full() const noexcept { return full_; }  // as long as an empty bucket needs

 private:
  duration time_of(double tokens) const noexcept {
    return duration(static_cast<duration::rep>(std::min(tokens * each_, 1e17)));  // three years
  }
  double each_ = 0;  // nanoseconds per token
  duration full_{};
  bool limits_ = false;
};
static_assert(std::is_same_v<duration::period, std::nano>);

namespace token_law {

struct taking {
  time_point empty_at;  // from now on
  duration wait;        // zero: taken
};

// What takes more than fits passes when the bucket is full, and leaves a debt.
inline taking take(time_point empty_at, const token_rate& rate, double tokens,
                   time_point now) noexcept {
  const time_point from = std::max(empty_at, now - rate.full());
  const duration cost = rate.cost(tokens);
  const duration needed = std::min(cost, rate.full());
  if (now - from < needed) return {empty_at, needed - (now - from)};
  return {from + cost, duration::zero()};
}
// In any case; `wait` until the debt is paid.
inline taking take_on_credit(time_point empty_at, const token_rate& rate, double tokens,
                             time_point now) noexcept {
  constexpr duration debt_max = std::chrono::hours(24);
  const time_point from = std::max(empty_at, now - rate.full());
  const time_point then = std::min(from + rate.cost(tokens), now + debt_max);
  return {then, std::max(then - now, duration::zero())};
}

}  // namespace token_law

// Of one shard.
class token_bucket {
 public:
  // How long until there are enough; zero: they were there, and are taken.
  duration take(const token_rate& rate, double tokens, time_point now) noexcept {
    return keep(token_law::take(empty_at_, rate, tokens, now));
  }
  // Takes them in any case. How long until the debt is paid.
  duration take_on_credit(const token_rate& rate, double tokens, time_point now) noexcept {
    return keep(token_law::take_on_credit(empty_at_, rate, tokens, now));
  }

 private:
  duration keep(token_law::taking what) noexcept {
    empty_at_ = what.empty_at;
    return what.wait;
  }
  time_point empty_at_ = time_point::min();
};

// Of several shards: no lock.
class shared_token_bucket {
 public:
  duration take(const token_rate& rate, double tokens, time_point now) noexcept {
    return keep([&](time_point at) { return token_law::take(at, rate, tokens, now); });
  }
  duration take_on_credit(const token_rate& rate, double tokens, time_point now) noexcept {
    return keep([&](time_point at) { return token_law::take_on_credit(at, rate, tokens, now); });
  }

 private:
  template <class Law>
  duration keep(Law law) noexcept {
    time_point::rep before = empty_at_.load(std::memory_order_relaxed);
    for (;;) {
      const auto what = law(time_point(duration(before)));
      const auto after = what.empty_at.time_since_epoch().count();
      if (after == before ||
          empty_at_.compare_exchange_weak(before, after, std::memory_order_relaxed))
        return what.wait;
    }
  }
  std::atomic<time_point::rep> empty_at_{time_point::min().time_since_epoch().count()};
};

}  // namespace socketio
