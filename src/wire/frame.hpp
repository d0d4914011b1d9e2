// One Engine.IO packet, encoded once as an unmasked WebSocket frame (RFC 6455, section 5.2),
// immutable and shared by reference by every connection it is sent to, on any thread.
//
// The same bytes serve both transports: a WebSocket connection writes all of `wire()`; a polling
// response takes `packet()`, which is the frame without its header. Blocks come from a small
// per-thread pool, so that sending costs no allocation in steady state; a block may be released on
// another thread than the one that made it.
//
// A Socket.IO packet with attachments is a group: one text frame and then its binary frames.
// `attachment()` marks the latter, so that a queue can drop or keep a group as a whole.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>

namespace socketio::wire {

// What a queue may do with a frame when it reaches its limit.
enum class frame_class : std::uint8_t {
  control,  // heartbeats, connect and disconnect packets: exempt from limits
  ack,      // counted, never dropped: over the limit the connection is closed
  event,    // counted, dropped when the policy says so
};

class frame {
 public:
  frame() noexcept = default;
  // A text frame whose payload is the concatenation of `parts`: the first character is the
  // Engine.IO packet type.
  static frame text(std::initializer_list<std::string_view> parts, frame_class kind);
  // A binary frame: the bytes of an attachment, implicitly an Engine.IO message.
  static frame binary(std::string_view bytes, frame_class kind);

  frame(const frame& other) noexcept : block_(other.block_) { retain(); }
  frame(frame&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  frame& operator=(frame other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~frame() { release(); }

  explicit operator bool() const noexcept { return block_ != nullptr; }
  std::string_view wire() const noexcept;  // the WebSocket frame, header included
  std::string_view packet()
      const noexcept;  // the Engine.IO packet: "4..." or, if binary, the raw bytes
  bool is_binary() const noexcept;
  bool attachment() const noexcept { return is_binary(); }
  frame_class kind() const noexcept;
  std::size_t size() const noexcept { return wire().size(); }

 private:
  struct block;
  explicit frame(block* made) noexcept : block_(made) {}
  void retain() const noexcept;
  void release() noexcept;
  block* block_ = nullptr;
};

}  // namespace socketio::wire
