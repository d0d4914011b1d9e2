// The options of an Engine.IO server with the official names and defaults (spec 1.10). One object
// per server, shared by all sessions; read at each use, so that a change affects new timers
// (HB-12).
#pragma once

#include "base/clock.hpp"
#include "engine/send_queue.hpp"
#include "socketio/compression.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::engine {

// Of the protocol: revision 3 is what Socket.IO 2 speaks.
enum class revision : std::uint8_t { three = 3, four = 4 };

enum class transport : std::uint8_t { polling, websocket };
inline std::string_view to_string(transport kind) noexcept {
  return kind == transport::polling ? "polling" : "websocket";
}

struct options {
  milliseconds ping_interval{25'000};
  milliseconds ping_timeout{20'000};
  milliseconds upgrade_timeout{10'000};
  milliseconds close_timeout{
      30'000};  // how long a polling client may take to fetch the close (HS-23)
  std::size_t max_http_buffer_size = 1'000'000;
  // Packets in one polling payload: as many as fit into the default size, because a client may send
  // all that at once.
  std::size_t payload_packets_max = 500'000;
  bool polling = true;  // transports
  bool websocket = true;
  bool allow_upgrades = true;
  bool allow_eio3 = false;                   // clients of revision 3 are served too (V3-01)
  bool refuse_unoffered_upgrades = false;    // of whoever upgrades without allow_upgrades
  std::vector<std::string> allowed_origins;  // Q-25; all when empty
  std::string initial_packet;                // HS-12; none when empty
  queue_limits queue;
  std::optional<http_compression_options> http_compression;  // of polling answers (CP-01)
  std::optional<deflate_options> per_message_deflate;        // of WebSockets (CP-05)
};

}  // namespace socketio::engine
