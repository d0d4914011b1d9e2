// See process_probe.hpp.

#include "process_probe.hpp"

#include "fail.hpp"

#include <cmath>
#include <ctime>
#include <fstream>
#include <string>

namespace load {

nanoseconds cpu_time_of(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    fail("the server process %d is gone", static_cast<int>(pid));
  }
  return time.tv_sec * second + time.tv_nsec;
}

memory memory_of(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  memory result;
  std::string word;
  while (rollup >> word) {
    std::uint64_t* const field = word == "Rss:"         ? &result.resident_bytes
                                 : word == "Anonymous:" ? &result.anonymous_bytes
                                                        : nullptr;
    if (field == nullptr || !(rollup >> *field)) continue;
    *field *= 1024;
  }
  if (result.resident_bytes == 0) fail("cannot read the memory of process %d", pid);
  return result;
}

memory memory_at_rest(event_loop& loop, pid_t pid) {
  memory last = memory_of(pid);
  for (int reading = 0; reading < 10; ++reading) {
    loop.run_for(second / 2);
    const memory next = memory_of(pid);
    const double change =
        static_cast<double>(next.resident_bytes) / static_cast<double>(last.resident_bytes) - 1;
    last = next;
    if (std::abs(change) < 0.001) break;
  }
  return last;
}

}  // namespace load
