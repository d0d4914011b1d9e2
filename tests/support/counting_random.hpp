// Random bytes for tests.
#pragma once

#include "base/session_id.hpp"

#include <cstdint>

namespace socketio::testing_support {

// The same in every run; what it gives does not repeat.
class counting_random final : public random_source {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::byte& one : out) one = static_cast<std::byte>(mixed(next_++) >> 56);
  }

 private:
  static std::uint64_t mixed(std::uint64_t number) noexcept {
    number = (number + 1) * 0x9E3779B97F4A7C15u;
    return (number ^ number >> 29) * 0xBF58476D1CE4E5B9u;
  }
  std::uint64_t next_ = 0;
};

}  // namespace socketio::testing_support
