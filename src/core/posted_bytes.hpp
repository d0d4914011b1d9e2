// What an event of another thread costs while it waits for the shard: its bytes, and about as much
// as everything around them takes.
#pragma once

#include "socketio/detail/payload.hpp"

#include <cstddef>

namespace socketio::core {

inline std::size_t posted_bytes(const detail::payload& what) noexcept {
  std::size_t bytes = 256 + what.text().size();
  for (const auto& attachment : what.attachments()) bytes += attachment.size();
  return bytes;
}

}  // namespace socketio::core
