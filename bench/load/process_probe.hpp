// What a process has used so far, read from the kernel and from outside of it.

#pragma once

#include "clock.hpp"
#include "loop.hpp"

#include <cstdint>
#include <sys/types.h>

namespace load {

// User and system time of all threads of `pid`, those that ended included, in nanoseconds. The
// process's CPU clock counts what the scheduler counts, so it is exact where /proc/<pid>/stat
// rounds to ticks of 10 ms.
nanoseconds cpu_time_of(pid_t pid);

struct memory {
  std::uint64_t resident_bytes = 0;   // Rss: what issue trackers and `top` show
  std::uint64_t anonymous_bytes = 0;  // the part of it that no file backs: heap and stacks
};

memory memory_of(pid_t pid);

// The same when it has come to rest: when two readings half a second apart differ by less than a
// thousandth, or the tenth.
memory memory_at_rest(event_loop& loop, pid_t pid);

}  // namespace load
