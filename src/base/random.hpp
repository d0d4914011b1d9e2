// Randomness is injected: whoever needs it takes a `random_source&`. Production passes
// `system_random` (net), tests a counter. One per shard; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace socketio {

class random_source {
 public:
  virtual ~random_source() = default;
  virtual void fill(std::span<std::byte> out) = 0;  // cryptographically strong in production
};

}  // namespace socketio
