// The outgoing queue of one session: frames by reference, counted in bytes, with a limit and a
// policy. It serves both transports, so a slow reader is bounded in the same way over WebSocket and
// over polling.
//
// A group (a text frame and the attachments behind it) passes or is dropped as a whole. Control
// frames are exempt from the limit, up to a small reserve of their own. Acknowledgements are
// counted but never dropped: when they alone exceed the limit, the queue asks for the connection to
// be closed, whatever the policy. A group of which something has left already is never dropped.
//
// The trick: what was sent or dropped leaves an empty place behind, and the places are swept only
// when they are the majority. So every operation is O(1) amortised, also drop_oldest behind a long
// run of acknowledgements.
//
// Tested by tests/unit/engine/send_queue_test.cpp.
#pragma once

#include "engine/frame_list.hpp"
#include "wire/frame.hpp"
#include "wire/payload.hpp"

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <sys/uio.h>

namespace socketio::engine {

enum class overflow_policy : std::uint8_t { close, drop_newest, drop_oldest };

struct queue_limits {
  // Of frames not yet handed to the operating system; at most queue_bytes_max_max.
  std::size_t bytes_max = 4 * 1024 * 1024;
  overflow_policy policy = overflow_policy::close;
};

// How many bytes of control frames may wait beyond the limit. Their number is in the hands of the
// peer (each CONNECT is answered), so "exempt" must not mean "unbounded". One alone always passes:
// its size is in the hands of the application.
inline constexpr std::size_t control_bytes_max = 64 * 1024;

// The largest limit that can be set: a queue counts in 32 bits, to be small, and acknowledgements
// may bring it to twice the limit.
inline constexpr std::size_t queue_bytes_max_max = std::size_t{1} << 31;

// How binary frames go to a WebSocket.
enum class binary_form : std::uint8_t {
  plain,         // as they are
  base64,        // as text, for a peer that asked for that (b64, WS-02)
  typed,         // with a byte for the type, in revision 3 (V3-04)
  typed_base64,  // both (V3-05)
};
// The same frame for such a peer. Text frames are returned as they are, and so are compressed ones:
// they were in this form before.
wire::frame as(binary_form form, const wire::frame& source);

class send_queue {
 public:
  enum class outcome : std::uint8_t {
    queued,
    dropped,
    overflow,  // the connection must be closed
    closed,    // of a session: it is over, or about to be
  };

  send_queue() = default;
  send_queue(send_queue&& other) noexcept { swap(other); }
  send_queue& operator=(send_queue&& other) noexcept {
    send_queue taken(std::move(other));
    swap(taken);
    return *this;
  }

  // Appends a group: all of `frames` or nothing. All frames of a group are of one class.
  // `dropped_groups()` and `dropped_bytes()` count what the policy dropped.
  outcome push(std::span<const wire::frame> frames, const queue_limits& limits);

  // For a WebSocket: fills `out` with what comes next on the wire and returns the number of pieces;
  // then consume() what was written. With `only_first`, gives the rest of the frame that is partly
  // written and nothing else.
  std::size_t gather(std::span<iovec> out, bool only_first = false) const noexcept;
  void consume(std::size_t bytes) noexcept;
  // What is nearly always there is one frame: its bytes, and that they have all been written.
  // Empty when there is more than that, or less.
  std::string_view single() const noexcept {
    return frames_.size() == 1 && offset_ == 0 ? frames_[0].wire() : std::string_view();
  }
  void consume_single() noexcept {
    // The one frame stands at the first place, so there is nothing else to set back.
    assert(frames_.size() == 1 && offset_ == 0);
    assert(head_ == 0 && drop_from_ == 0 && empty_places_ == 0);
    frames_.clear();
    bytes_ = {};
  }
  bool inside_frame() const noexcept { return offset_ != 0; }

  // For polling: appends packets to `payload` and removes them, as long as the payload stays within
  // `bytes_max`, at least one. Returns the number of packets. `may_be_compressed` becomes whether
  // that was wanted of any of them (CP-01).
  std::size_t take_payload(std::string& payload, std::size_t bytes_max,
                           wire::payload_format format = wire::payload_format::revision_4,
                           bool* may_be_compressed = nullptr);
  bool has_binary() const noexcept;

  // What is queued goes to a WebSocket from now on that wants binary in this form.
  void convert(binary_form form);

  void clear() noexcept;
  // Drops everything but the frame that is partly written, without which the stream could not go
  // on.
  void drop_unsent() noexcept;
  bool empty() const noexcept { return head_ == frames_.size(); }
  std::size_t bytes() const noexcept { return std::size_t{bytes_[0]} + bytes_[1] + bytes_[2]; }
  std::size_t bytes(wire::frame_class kind) const noexcept {
    return bytes_[static_cast<std::size_t>(kind)];
  }
  const void* storage() const noexcept { return frames_.data(); }
  // Since the beginning, modulo 2^32: for the difference that one push() makes.
  std::uint32_t dropped_groups() const noexcept { return dropped_groups_; }
  std::uint32_t dropped_bytes() const noexcept { return dropped_bytes_; }

 private:
  std::uint32_t& bytes_of(wire::frame_class kind) noexcept {
    return bytes_[static_cast<std::size_t>(kind)];
  }
  void swap(send_queue& other) noexcept;
  bool begun() const noexcept;
  std::size_t begun_bytes() const noexcept;
  void drop_oldest(std::size_t needed);
  void pop() noexcept;
  void sweep() noexcept;

  // [head_, size) is queued, except for empty places; frames_[head_] is never empty.
  frame_list frames_;
  std::uint32_t head_ = 0;
  std::uint32_t empty_places_ = 0;        // of all of frames_
  std::uint32_t drop_from_ = 0;           // nothing before this place may be dropped
  std::uint32_t offset_ = 0;              // bytes of the first frame that are written already
  std::array<std::uint32_t, 3> bytes_{};  // unsent, by class
  std::uint32_t dropped_groups_ = 0;
  std::uint32_t dropped_bytes_ = 0;
};
static_assert(sizeof(send_queue) <= 56);  // of every connection

}  // namespace socketio::engine
