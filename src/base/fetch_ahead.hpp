// Asks for memory before it is needed. A broadcast walks through thousands of connections, none of
// which is in the first caches any more: what the next ones will touch is fetched while the kernel
// is busy with this one. A hint only, whatever the address.
#pragma once

#include <cstddef>

namespace socketio {

constexpr std::size_t cache_line_bytes = 64;

template <std::size_t Lines>
inline void fetch_ahead(const void* from) noexcept {
  const char* const first = static_cast<const char*>(from);
  for (std::size_t line = 0; line < Lines; ++line)
    __builtin_prefetch(first + line * cache_line_bytes);
}

}  // namespace socketio
