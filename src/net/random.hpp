// Randomness from the operating system.
#pragma once

#include "base/random.hpp"

#include <array>
#include <cstddef>

namespace socketio::net {

// Draws from getrandom() in blocks, because an id needs 12 bytes and a system call costs more than
// making the id. One per shard; not thread-safe.
class system_random final : public random_source {
 public:
  void fill(std::span<std::byte> out) override;

 private:
  std::array<std::byte, 256> block_{};
  std::size_t left_ = 0;
};

}  // namespace socketio::net
