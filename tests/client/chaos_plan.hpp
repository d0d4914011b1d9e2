// Which harm comes to one direction of one connection of a chaos_proxy, and after how many bytes: a
// function of the seed, the number of the connection and the direction. See chaos.hpp.
#pragma once

#include "client/chaos.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace socketio::test {

enum class harm : std::uint8_t { delay, trickle, hold, finish, reset, truncate, black_hole };

struct decision {
  harm what = harm::delay;
  std::size_t bytes = 0;              // trickle, hold
  std::chrono::milliseconds wait{0};  // delay, hold
  bool cuts() const noexcept { return what >= harm::finish; }
};
std::string to_text(const decision& what);

class chaos_plan {
 public:
  static constexpr std::uint64_t never = UINT64_MAX;

  chaos_plan(const chaos_options& options, std::uint64_t connection, bool to_target);

  // The byte before which the next harm comes.
  std::uint64_t next_at() const noexcept { return next_at_; }
  // That harm; the one after it moves on.
  decision take();
  // No more of it.
  void calm() noexcept { next_at_ = never; }
  // Whether this connection is refused: asked once, of the direction to the target.
  bool refuses();

 private:
  std::uint64_t random() noexcept;
  std::uint64_t below(std::uint64_t end) noexcept { return end == 0 ? 0 : random() % end; }

  chaos_options options_;
  std::uint64_t state_;
  unsigned weights_;  // all of them together
  std::uint64_t next_at_ = never;
};

}  // namespace socketio::test
