// The 20-character ids of sessions and sockets (HS-10): URL-safe base64 of 12 random bytes, of six
// bits that name the shard, and of the low 18 bits of a counter. So whoever is asked for an id
// knows whose it is (no sticky sessions between shards), and ids look as those of the original.
// Peers test for the length of 20 (sticky sessions, sharded adapter), so it is a fixed-size value
// here: no allocation, cheap to hash and to compare.
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
  static constexpr unsigned shards_max = 64;

  session_id() noexcept { text_.fill('-'); }
  // `text` must have exactly 20 characters.
  explicit session_id(std::string_view text) noexcept;

  std::string_view view() const noexcept { return {text_.data(), length}; }
  // Which shard made it; of a text that is no such id, any number below shards_max.
  unsigned shard() const noexcept;
  operator std::string_view() const noexcept { return view(); }
  friend bool operator==(const session_id&, const session_id&) = default;

 private:
  std::array<char, length> text_;
};

// Makes ids; one per shard. Not thread-safe.
class id_generator {
 public:
  // `shard` is below session_id::shards_max.
  explicit id_generator(random_source& random, unsigned shard = 0)
      : random_(random), shard_(shard) {}
  session_id next();

 private:
  random_source& random_;
  unsigned shard_;
  std::uint32_t counter_ = 0;
};

}  // namespace socketio
