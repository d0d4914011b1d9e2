// Time as the load generator counts it: nanoseconds of the monotonic clock in one plain integer,
// because intended send times are computed (start + n * interval) far more often than read.

#pragma once

#include <cstdint>
#include <ctime>

namespace load {

using nanoseconds = std::int64_t;

inline constexpr nanoseconds second = 1'000'000'000;
inline constexpr nanoseconds millisecond = 1'000'000;

inline nanoseconds now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * second + time.tv_nsec;
}

}  // namespace load
