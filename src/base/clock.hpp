// The clock type of the library. Nothing below `net` reads it: time is always an argument called
// `now`.
#pragma once

#include <chrono>

namespace socketio {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;
using std::chrono::milliseconds;

}  // namespace socketio
