// See random.hpp. Tested by tests/unit/net/loop_test.cpp.
#include "net/random.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/random.h>
#include <system_error>

namespace socketio::net {
namespace {

// Requests of up to 256 bytes are answered completely once the pool of the kernel is ready, or not
// at all.
void draw(std::span<std::byte> out) {
  while (!out.empty()) {
    const auto got = ::getrandom(out.data(), std::min<std::size_t>(out.size(), 256), 0);
    if (got > 0) {
      out = out.subspan(static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
  }
}

}  // namespace

// What was handed out is wiped: an id must not be found in memory by whoever reads it later.
void system_random::fill(std::span<std::byte> out) {
  if (out.empty()) return;
  if (out.size() > block_.size() / 2) return draw(out);
  if (left_ < out.size()) {
    draw(block_);
    left_ = block_.size();
  }
  left_ -= out.size();
  std::memcpy(out.data(), block_.data() + left_, out.size());
  std::fill_n(block_.data() + left_, out.size(), std::byte{0});
}

}  // namespace socketio::net
