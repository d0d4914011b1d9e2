// The two loops that touch every byte of a long message, with the widest registers there are: what
// stands plainly in a JSON string, and the mask of a WebSocket frame. Each handles whole blocks
// from the front and returns how many bytes that were; the rest, and short texts, are the caller's.
//
// Which instructions the processor has is asked once. Tested by tests/unit/wire/wide_text_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace socketio::wire {

struct wide_text {
  static constexpr std::size_t worth_it = 64;  // bytes; below that a call is not

  const char* name;
  // Stops at the block with a quote, a backslash or a control character. `ascii` becomes false when
  // something before that is not ASCII.
  std::size_t (*plain)(std::string_view text, bool& ascii) noexcept;
  // XORs eight bytes of key over each eight of the data.
  std::size_t (*unmask)(std::span<char> data, std::uint64_t key) noexcept;
};

// All that this processor can run, the best one last. There is always one: it does nothing.
std::span<const wide_text> wide_texts() noexcept;

extern const wide_text* widest_text;

}  // namespace socketio::wire
