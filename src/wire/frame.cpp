// See frame.hpp: the block behind a frame, and where blocks come from.
//
// Blocks of up to 2 KiB are kept in free lists of the thread that releases them. Frames may move
// to another thread as a whole; the lists are bounded, so that a thread that only releases does not
// collect them without end. Under AddressSanitizer there is no pool, so that it
// sees every use of a released frame. Tested by tests/unit/wire/frame_test.cpp.
#include "wire/frame.hpp"

#include "base/sanitizers.hpp"
#include "wire/frame_variants.hpp"
#include "wire/ws_frame.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <new>

namespace socketio::wire {

namespace {

constexpr bool pooling = !SOCKETIO_ADDRESS_SANITIZER;
constexpr std::size_t smallest_bytes = 64, largest_bytes = 2048;
constexpr unsigned class_count =
    std::bit_width(largest_bytes / smallest_bytes);  // 64, 128 ... 2048
constexpr std::uint8_t unpooled = class_count;
constexpr std::size_t kept_bytes_max = 256 * 1024;  // of each size, on each thread

constexpr std::uint8_t class_of(std::size_t bytes) noexcept {
  if (bytes > largest_bytes) return unpooled;
  if (bytes <= smallest_bytes) return 0;
  return static_cast<std::uint8_t>(std::bit_width((bytes - 1) / smallest_bytes));
}
constexpr std::size_t class_bytes(unsigned size_class) noexcept {
  return smallest_bytes << size_class;
}

struct free_block {
  free_block* next;
};
struct free_list {
  free_block* first;
  std::size_t count;
};

// Trivial on purpose: frames may be released while a thread ends, after the destructors of its
// thread_local objects have run, and this must still be there.
thread_local constinit std::array<free_list, class_count> lists{};
thread_local constinit bool thread_ends = false;
thread_local constinit std::uint64_t encoded = 0;

struct janitor {
  ~janitor() {
    thread_ends = true;
    for (free_list& list : lists) {
      while (list.first) ::operator delete(std::exchange(list.first, list.first->next));
      list.count = 0;
    }
  }
};

void* take_memory(std::uint8_t size_class, std::size_t bytes) {
  if (!pooling || size_class == unpooled) return ::operator new(bytes);
  free_list& list = lists[size_class];
  if (!list.first) return ::operator new(class_bytes(size_class));
  --list.count;
  return std::exchange(list.first, list.first->next);
}

void return_memory(void* memory, std::uint8_t size_class) noexcept {
  if (!pooling || size_class == unpooled || thread_ends) return ::operator delete(memory);
  free_list& list = lists[size_class];
  if (list.count >= kept_bytes_max / class_bytes(size_class)) return ::operator delete(memory);
  thread_local janitor empties_the_lists;  // made at the first release
  static_cast<void>(empties_the_lists);
  list.first = new (memory) free_block{list.first};
  ++list.count;
}

}  // namespace

frame::block* frame::make(std::size_t payload_bytes, frame_class kind, std::uint8_t flags) {
  std::array<char, 16> header;
  const ws_opcode opcode = flags & binary_message ? ws_opcode::binary : ws_opcode::text;
  const std::size_t header_bytes = write_ws_header(opcode, payload_bytes, header.data());
  const std::size_t wire_bytes = header_bytes + payload_bytes;
  std::size_t block_bytes = sizeof(block) + wire_bytes;
  if (flags & keeps_variants)
    block_bytes = sizeof(block) + block::variants_at(wire_bytes) + sizeof(void*);
  const std::uint8_t size_class = class_of(block_bytes);
  auto* made = new (take_memory(size_class, block_bytes)) block;
  made->size_class = size_class;
  made->header_bytes = static_cast<std::uint8_t>(header_bytes);
  made->kind = kind;
  made->flags = flags;
  made->wire_bytes = wire_bytes;
  if (flags & keeps_variants) *made->variants() = nullptr;
  constexpr unsigned rsv1 = 0x40;
  if (flags & deflated_message) header[0] = static_cast<char>(header[0] | rsv1);
  std::memcpy(made->bytes(), header.data(), header_bytes);
  encoded += wire_bytes;
  return made;
}

void frame::free(block* unused) noexcept {
  if (unused->flags & keeps_variants) [[unlikely]]
    delete_variants(unused);
  return_memory(unused, unused->size_class);
}

// On its own, because it is rare and long.
[[gnu::noinline]] void frame::delete_variants(block* of) noexcept { delete *of->variants(); }

std::uint8_t frame::flags_of(form what) noexcept {
  unsigned flags = 0;
  if (what.binary) flags |= binary_message;
  if (what.attachment) flags |= continues_packet;
  if (what.how != compression::unwanted) flags |= compressible;
  if (what.how == compression::kept) flags |= keeps_variants;
  return static_cast<std::uint8_t>(flags);
}

std::uint64_t frame::bytes_encoded() noexcept { return encoded; }

frame frame::text(std::initializer_list<std::string_view> parts, frame_class kind,
                  compression how) {
  return of(parts, kind, {.how = how});
}

frame frame::of(std::initializer_list<std::string_view> parts, frame_class kind, form what) {
  std::size_t payload_bytes = 0;
  for (const std::string_view part : parts) payload_bytes += part.size();
  frame made(make(payload_bytes, kind, flags_of(what)));
  char* to = made.block_->bytes() + made.block_->header_bytes;
  for (const std::string_view part : parts) to += part.copy(to, part.size());
  return made;
}

frame frame::binary(std::string_view bytes, frame_class kind, compression how) {
  return of({bytes}, kind, {.binary = true, .attachment = true, .how = how});
}

frame frame::deflated(std::string_view payload, const frame& of) {
  const form same{
      .binary = of.is_binary(), .attachment = of.attachment(), .how = compression::unwanted};
  const auto flags = static_cast<std::uint8_t>(flags_of(same) | deflated_message);
  frame made(make(payload.size(), of.kind(), flags));
  payload.copy(made.block_->bytes() + made.block_->header_bytes, payload.size());
  return made;
}

}  // namespace socketio::wire
