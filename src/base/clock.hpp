// The clock type of the library. Nothing below `net` reads it: time is always an argument called
// `now`.
#pragma once

#include <chrono>

namespace socketio {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;
using std::chrono::milliseconds;

// `now + delay` for any delay: a negative one counts as none, and what lies beyond all time is
// time_point::max(), never the past.
constexpr time_point deadline_after(time_point now, milliseconds delay) noexcept {
  if (delay <= milliseconds::zero()) return now;
  const auto left = std::chrono::duration_cast<milliseconds>(
      now < time_point() ? duration::max() : time_point::max() - now);
  return delay > left ? time_point::max() : now + delay;
}

}  // namespace socketio
