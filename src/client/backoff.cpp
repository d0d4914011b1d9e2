// See backoff.hpp. Tested by tests/unit/client/backoff_test.cpp.
#include "client/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace socketio::client_side {

milliseconds backoff::next(const backoff_options& by, double random) noexcept {
  const auto longest = static_cast<double>(by.longest.count());
  // Beyond 2^60 times the first delay nothing grows any more.
  const int doublings = static_cast<int>(std::min<std::uint64_t>(attempts_++, 60));
  const double delay = std::ldexp(static_cast<double>(by.first.count()), doublings);
  const double deviation = std::floor(random * by.jitter * delay);
  const bool longer = static_cast<int>(std::floor(random * 10)) & 1;
  const double wanted = longer ? delay + deviation : delay - deviation;
  return milliseconds(static_cast<std::int64_t>(std::min(wanted, longest)));
}

}  // namespace socketio::client_side
