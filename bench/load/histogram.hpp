// Latencies in nanoseconds, kept as counts in buckets that widen with the value.
// The idea of HdrHistogram: every power of two is cut into 128 equal buckets, so that a percentile
// is off by less than one in 128 wherever it lies, and recording is a shift and an increment.

#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace load {

class histogram {
 public:
  void record(std::int64_t value) {
    const std::uint64_t sample = value < 0 ? 0 : static_cast<std::uint64_t>(value);
    ++counts_[bucket_of(sample)];
    ++total_;
  }

  std::uint64_t total() const { return total_; }

  // The smallest value below which `fraction` of the samples lie, 0 if there are none.
  double percentile(double fraction) const {
    const auto wanted =
        static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(total_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen >= wanted && seen != 0) return middle_of(bucket);
    }
    return 0;
  }

 private:
  static constexpr unsigned precision_bits = 7;
  static constexpr std::size_t per_power = std::size_t{1} << precision_bits;

  // Values below 128 have a bucket each; above, the seven bits after the leading one choose it.
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < per_power) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - precision_bits;
    return (shift + 1) * per_power + ((value >> shift) - per_power);
  }

  static double middle_of(std::size_t bucket) {
    if (bucket < per_power) return static_cast<double>(bucket);
    const std::size_t shift = bucket / per_power - 1;
    const std::uint64_t low = (per_power + bucket % per_power) << shift;
    return static_cast<double>(low) + static_cast<double>(std::uint64_t{1} << shift) / 2;
  }

  std::vector<std::uint64_t> counts_ =
      std::vector<std::uint64_t>((65 - precision_bits) * per_power);
  std::uint64_t total_ = 0;
};

}  // namespace load
