// What the kernel knows of this process. Tested by tests/unit/net/process_test.cpp.
#pragma once

#include <cstdint>
#include <optional>

namespace socketio::net {

struct process_state {
  std::uint64_t resident_bytes = 0, virtual_bytes = 0;
  std::uint64_t descriptors = 0, descriptors_max = 0;
  double cpu_seconds = 0;
  double start_seconds = 0;  // since 1970
};

// nullopt where there is no /proc.
std::optional<process_state> read_process_state();

}  // namespace socketio::net
