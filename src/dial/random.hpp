// Randomness of a client: keys and seeds from the kernel, masks from a fast generator.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace socketio::dial {

void fill_from_kernel(std::span<std::byte> out);  // throws std::system_error

// Masks of WebSocket frames: what a page makes a client send must not look like HTTP to a proxy on
// the way (RFC 6455, section 10.3), so the next mask must not follow from what the page knows. It
// never sees one. The generator is xoshiro256++ of Blackman and Vigna (2019), seeded by the kernel.
class mask_source {
 public:
  mask_source();
  std::uint32_t next() noexcept;

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace socketio::dial
