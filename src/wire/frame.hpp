// One Engine.IO packet, encoded once as an unmasked WebSocket frame (RFC 6455, section 5.2),
// immutable and shared by reference by every connection of a shard that it is sent to.
//
// The same bytes serve both transports: a WebSocket connection writes all of `wire()`; a polling
// response takes `packet()`, which is the frame without its header. Blocks come from a small
// per-thread pool, so that sending costs no allocation in steady state.
//
// A frame and its copies belong to one thread at a time: the count of references is a plain number,
// because a locked one costs as much as the rest of queueing a frame. What goes to another shard
// goes as bytes, one copy for all of its members there.
//
// A frame says whether its message may be compressed for those who have agreed on that. One that
// goes to many may keep its compressed forms, so that each is made once (wire/frame_variants.hpp);
// they die with it.
//
// A Socket.IO packet is a group of frames: one text frame and the attachments behind it, or what
// another parser makes of it. `attachment()` marks all but the first, so that a queue can drop or
// keep a group as a whole.
#pragma once

#include <cstddef>
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

// Whether a message is compressed where the transport can (VO-05).
enum class compression : std::uint8_t {
  unwanted,
  wanted,
  kept,  // wanted, and there is room for the compressed forms, because it goes to many
};

struct frame_variants;

class frame {
 public:
  frame() noexcept = default;
  // A text frame whose payload is the concatenation of `parts`: the first character is the
  // Engine.IO packet type.
  static frame text(std::initializer_list<std::string_view> parts, frame_class kind,
                    compression how = compression::wanted);
  // A binary frame: the bytes of an attachment, implicitly an Engine.IO message.
  static frame binary(std::string_view bytes, frame_class kind,
                      compression how = compression::wanted);
  // Whatever it shall be; the payload is the concatenation of `parts`.
  struct form {
    bool binary = false;
    bool attachment = false;
    compression how = compression::wanted;
  };
  static frame of(std::initializer_list<std::string_view> parts, frame_class kind, form what);
  // The same message with its payload deflated (RFC 7692): for WebSockets only, because packet() is
  // the compressed payload.
  static frame deflated(std::string_view payload, const frame& of);

  frame(const frame& other) noexcept : block_(other.block_) { retain(); }
  frame(frame&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  frame& operator=(frame other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~frame() { release(); }

  explicit operator bool() const noexcept { return block_ != nullptr; }
  // The WebSocket frame, header included.
  std::string_view wire() const noexcept {
    return block_ ? std::string_view(block_->bytes(), block_->wire_bytes) : std::string_view();
  }
  // The Engine.IO packet: "4..." or, if binary, the raw bytes.
  std::string_view packet() const noexcept {
    return block_ ? wire().substr(block_->header_bytes) : std::string_view();
  }
  bool is_binary() const noexcept { return has(binary_message); }
  bool is_deflated() const noexcept { return has(deflated_message); }
  bool may_be_compressed() const noexcept { return has(compressible); }
  bool attachment() const noexcept { return has(continues_packet); }
  frame_class kind() const noexcept { return block_ ? block_->kind : frame_class::control; }
  std::size_t size() const noexcept { return block_ ? block_->wire_bytes : 0; }

  // Where the compressed forms are kept; nullptr when there is no room for them.
  frame_variants** variants() const noexcept {
    return has(keeps_variants) ? block_->variants() : nullptr;
  }

  // How much the calling thread has encoded so far.
  static std::uint64_t bytes_encoded() noexcept;

 private:
  enum flag : std::uint8_t {
    binary_message = 1,
    compressible = 2,
    keeps_variants = 4,
    deflated_message = 8,
    continues_packet = 16,
  };
  // The head of a block; the bytes of the frame stand behind it.
  struct block {
    std::uint32_t references = 1;
    std::uint8_t size_class;
    std::uint8_t header_bytes;
    frame_class kind;
    std::uint8_t flags;
    std::size_t wire_bytes;

    char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }
    const char* bytes() const noexcept { return reinterpret_cast<const char*>(this + 1); }
    // Behind the bytes, where the flag says that there is one.
    static constexpr std::size_t variants_at(std::size_t wire_bytes) noexcept {
      return (wire_bytes + alignof(void*) - 1) / alignof(void*) * alignof(void*);
    }
    frame_variants** variants() noexcept {
      return reinterpret_cast<frame_variants**>(bytes() + variants_at(wire_bytes));
    }
  };
  explicit frame(block* made) noexcept : block_(made) {}
  static block* make(std::size_t payload_bytes, frame_class kind, std::uint8_t flags);
  static void free(block* unused) noexcept;
  static void delete_variants(block* of) noexcept;
  static std::uint8_t flags_of(form what) noexcept;
  bool has(flag which) const noexcept { return block_ && (block_->flags & which) != 0; }

  void retain() const noexcept {
    if (block_) block_->references++;
  }
  void release() noexcept {
    if (block_ && --block_->references == 0) free(block_);
  }
  block* block_ = nullptr;
};

}  // namespace socketio::wire
