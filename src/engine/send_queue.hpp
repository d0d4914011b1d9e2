// The outgoing queue of one session: frames by reference, counted in bytes, with a limit and a policy. It serves both
// transports, so a slow reader is bounded in the same way over WebSocket and over polling (users.md 1.1).
//
// A group (a text frame and the attachments behind it) passes or is dropped as a whole. Control frames are exempt.
// Acknowledgements are counted but never dropped: when they alone exceed the limit, the queue asks for the connection to
// be closed, whatever the policy. A frame that was partly written to the socket is never dropped.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wire/frame.hpp"

namespace socketio::engine {

enum class overflow_policy : std::uint8_t { close, drop_newest, drop_oldest };

struct queue_limits {
  std::size_t bytes_max = 4 * 1024 * 1024;  // of frames not yet handed to the operating system
  overflow_policy policy = overflow_policy::close;
};

class send_queue {
 public:
  enum class outcome : std::uint8_t { queued, dropped, overflow };  // overflow: the connection must be closed

  // Appends a group: all of `frames` or nothing. `dropped_groups()` and `dropped_bytes()` count what the policy dropped.
  outcome push(std::span<const wire::frame> frames, const queue_limits& limits);

  // For a WebSocket: fills `out` with what comes next on the wire and returns the number of pieces; then consume() what
  // was written. With `only_first`, stops behind the frame that is partly written.
  std::size_t gather(std::span<iovec> out, bool only_first = false) const noexcept;
  void consume(std::size_t bytes) noexcept;
  bool inside_frame() const noexcept { return offset_ != 0; }

  // For polling: appends packets to `payload` (joined by 0x1E, binary as 'b' + base64) and removes them, as long as the
  // payload stays within `bytes_max`, at least one. Returns the number of packets.
  std::size_t take_payload(std::string& payload, std::size_t bytes_max);

  void clear() noexcept;
  bool empty() const noexcept { return head_ == frames_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  std::uint64_t dropped_groups() const noexcept { return dropped_groups_; }
  std::uint64_t dropped_bytes() const noexcept { return dropped_bytes_; }

 private:
  std::vector<wire::frame> frames_;  // [head_, size) is queued; compacted when empty
  std::size_t head_ = 0;
  std::size_t offset_ = 0;           // bytes of the first frame that are written already
  std::size_t bytes_ = 0;
  std::uint64_t dropped_groups_ = 0;
  std::uint64_t dropped_bytes_ = 0;
};

}  // namespace socketio::engine
