// How long to wait before the next attempt (CM-10): the delay doubles, up to a limit, and a random
// part of it is added or taken away, so that the clients of a server that comes back do not come at
// once. Unlike the official client's it stays at the limit however many attempts there were.
#pragma once

#include "base/clock.hpp"

#include <cstdint>

namespace socketio::client_side {

struct backoff_options {
  milliseconds first{1'000};
  milliseconds longest{5'000};
  double jitter = 0.5;  // 0 to 1
};

class backoff {
 public:
  // `random` is evenly distributed over [0, 1).
  milliseconds next(const backoff_options& by, double random) noexcept;
  std::uint64_t attempts() const noexcept { return attempts_; }
  void reset() noexcept { attempts_ = 0; }

 private:
  std::uint64_t attempts_ = 0;
};

}  // namespace socketio::client_side
