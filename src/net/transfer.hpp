// What one call that reads or writes has done.
#pragma once

#include <cerrno>
#include <cstddef>

namespace socketio::net {

struct transfer {
  std::size_t bytes = 0;
  int error = 0;  // errno; EAGAIN means: wait
  bool would_block() const noexcept { return error == EAGAIN || error == EWOULDBLOCK; }
};

// TLS: the peer's bytes ended without its close_notify, so that some may be missing.
inline constexpr int truncated = ECONNABORTED;

}  // namespace socketio::net
