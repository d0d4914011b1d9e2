// What an event of another thread costs while it waits for the shard: its bytes, and about as much
// as everything around them takes.
#pragma once

#include "socketio/detail/payload.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace socketio::core {

inline std::size_t posted_bytes(std::string_view text,
                                std::span<const std::span<const std::byte>> attachments) noexcept {
  std::size_t bytes = 256 + text.size();
  for (const auto& attachment : attachments) bytes += attachment.size();
  return bytes;
}

inline std::size_t posted_bytes(const detail::payload& what) noexcept {
  return posted_bytes(what.text(), what.attachments());
}

}  // namespace socketio::core
