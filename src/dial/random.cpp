// See random.hpp.
#include "dial/random.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <sys/random.h>
#include <system_error>

namespace socketio::dial {

// Requests of up to 256 bytes are answered completely once the pool of the kernel is ready, or not
// at all.
void fill_from_kernel(std::span<std::byte> out) {
  while (!out.empty()) {
    const auto got = ::getrandom(out.data(), std::min<std::size_t>(out.size(), 256), 0);
    if (got > 0)
      out = out.subspan(static_cast<std::size_t>(got));
    else if (errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "getrandom");
  }
}

mask_source::mask_source() { fill_from_kernel(std::as_writable_bytes(std::span(state_))); }

std::uint32_t mask_source::next() noexcept {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return static_cast<std::uint32_t>(result >> 32);
}

}  // namespace socketio::dial
