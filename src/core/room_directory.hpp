// Which shards have members of a room, so that a broadcast is posted to these and to no other. Any
// thread.
//
// A shard enters a room when its first socket joins, and leaves it with the last: joining a room
// that exists on the shard costs nothing here. Whoever makes a socket of another shard join holds
// the room for that shard from the call on, until the join has happened there: so a broadcast that
// the same caller makes right after it is not sent past the shard.
//
// The names are spread over stripes with a mutex each. With one shard nothing of this is used.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

// Bit n: shard n.
using shard_set = std::uint64_t;
constexpr shard_set only(unsigned shard) noexcept { return shard_set{1} << shard; }

class room_directory {
 public:
  // True when no other shard has members.
  bool enter(std::string_view room, unsigned shard);
  bool leave(std::string_view room, unsigned shard);
  void hold(std::string_view room, shard_set shards);
  void release(std::string_view room, unsigned shard);
  // Those with members, and those that are about to get some.
  shard_set shards_of(std::string_view room) const;

 private:
  struct presence {
    std::string name;
    shard_set members = 0;
    std::vector<std::uint32_t> held;  // per shard; empty when there is none
    shard_set shards() const noexcept;
  };
  struct stripe {
    mutable std::mutex mutex;
    boost::unordered_flat_map<std::string_view, std::unique_ptr<presence>,
                              std::hash<std::string_view>>
        rooms;
  };
  stripe& stripe_of(std::string_view room) const noexcept;
  static presence& find_or_add(stripe& in, std::string_view room);
  static void erase_if_unused(stripe& in, presence& which);

  mutable std::array<stripe, 32> stripes_;
};

}  // namespace socketio::core
