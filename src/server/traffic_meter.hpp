// What the Engine.IO sessions of one shard have carried, counted as the official Admin UI does: by
// packets of the engine that have data, and by the bytes of that data. A server that nobody watches
// has none of these, and its sessions are of a type that does not even ask.
//
// Written by the shard, read by any thread.
#pragma once

#include "base/counter.hpp"

#include <cstddef>
#include <functional>

namespace socketio {

namespace core {
class client;
}

struct traffic_meter {
  counter opened, packets_in, bytes_in, packets_out, bytes_out;
  counter closed[reason_count];  // by socketio::reason

  void count_in(std::size_t bytes) noexcept {
    if (bytes == 0) return;
    packets_in.add();
    bytes_in.add(bytes);
  }
  void count_out(std::size_t bytes) noexcept {
    if (bytes == 0) return;
    packets_out.add();
    bytes_out.add(bytes);
  }
  // A session has moved to the WebSocket. Set before the shard runs.
  std::function<void(core::client&)> on_upgraded;
};

}  // namespace socketio
