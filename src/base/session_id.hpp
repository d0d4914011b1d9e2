// The 20-character ids of sessions and sockets (HS-10): URL-safe base64 of 12 random bytes and the
// low 24 bits of a counter. Peers test for the length of 20 (sticky sessions, sharded adapter), so
// it is a fixed-size value here: no allocation, cheap to hash and to compare.
#pragma once

#include "base/random.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace socketio {

class session_id {
 public:
  static constexpr std::size_t length = 20;

  session_id() noexcept { text_.fill('-'); }
  // `text` must have exactly 20 characters.
  explicit session_id(std::string_view text) noexcept;

  std::string_view view() const noexcept { return {text_.data(), length}; }
  operator std::string_view() const noexcept { return view(); }
  friend bool operator==(const session_id&, const session_id&) = default;

 private:
  std::array<char, length> text_;
};

// Makes ids; one per shard. Not thread-safe.
class id_generator {
 public:
  explicit id_generator(random_source& random) : random_(random) {}
  session_id next();

 private:
  random_source& random_;
  std::uint32_t counter_ = 0;
};

}  // namespace socketio
