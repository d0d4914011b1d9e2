// Offsets and private ids: the two texts by which a client says where it was (CR-01, CR-02).
//
// An offset names a place in the stream of events of one shard of a namespace: four characters for
// the run of the server, one for the shard, eight for the number of the event, all of the alphabet
// of ids. To clients it is any text. A private id begins with the same run, so that whoever asks
// for a session of an earlier one can be told so, and goes on with 96 random bits.
//
// Tested by tests/unit/core/offset_test.cpp, fuzzed by fuzz/offset_fuzz.cpp.
#pragma once

#include "base/session_id.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace socketio::core {

using run_name = std::array<char, 4>;

struct offset {
  static constexpr std::size_t length = 13;
  static constexpr std::uint64_t number_max = (std::uint64_t{1} << 48) - 1;

  run_name run;
  std::uint8_t shard;    // below session_id::shards_max
  std::uint64_t number;  // at most number_max

  std::array<char, length> text() const noexcept;
  static std::optional<offset> parse(std::string_view text) noexcept;
  friend bool operator==(const offset&, const offset&) = default;
};

// What ends the arguments of an event that has an offset: `,"<offset>"]`.
class offset_tail {
 public:
  static constexpr std::size_t length = offset::length + 4;
  explicit offset_tail(const offset& at) noexcept;
  std::string_view view() const noexcept { return {text_.data(), length}; }

 private:
  std::array<char, length> text_;
};

// A private id of this run, from the random part of an id; and the run of one.
session_id private_id(const run_name& run, const session_id& random) noexcept;
bool is_of_run(const session_id& pid, const run_name& run) noexcept;
run_name run_of(const session_id& id) noexcept;

}  // namespace socketio::core
