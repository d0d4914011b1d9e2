// How long things took: a histogram with fixed bounds that one shard fills and any thread reads.
// Tested by tests/unit/base/histogram_test.cpp.
#pragma once

#include "base/clock.hpp"
#include "base/counter.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace socketio {

class time_histogram {
 public:
  // Upper bounds; the last bucket has none.
  static constexpr std::array<std::int64_t, 15> bounds_us{
      10,     50,     100,    250,     500,     1'000,     2'500,    5'000,
      10'000, 25'000, 50'000, 100'000, 250'000, 1'000'000, 5'000'000};
  static constexpr std::size_t buckets = bounds_us.size() + 1;

  // Negative counts as none.
  void observe(duration took) noexcept {
    const auto ns = took.count() > 0 ? took.count() : 0;
    std::size_t at = 0;
    while (at < bounds_us.size() && ns > bounds_us[at] * 1000) at++;
    counts_[at].add();
    sum_ns_.add(static_cast<std::uint64_t>(ns));
  }

  std::uint64_t count(std::size_t bucket) const noexcept { return counts_[bucket].get(); }
  std::uint64_t sum_ns() const noexcept { return sum_ns_.get(); }

 private:
  std::array<counter, buckets> counts_;
  counter sum_ns_;
};

}  // namespace socketio
