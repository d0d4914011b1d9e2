#include "core/room_directory.hpp"

#include <algorithm>
#include <bit>
#include <functional>

namespace socketio::core {

shard_set room_directory::presence::shards() const noexcept {
  shard_set all = members;
  for (unsigned shard = 0; shard < held.size(); shard++)
    if (held[shard] > 0) all |= only(shard);
  return all;
}

// The high bits: the low ones choose the place within the map.
room_directory::stripe& room_directory::stripe_of(std::string_view room) const noexcept {
  return stripes_[std::hash<std::string_view>()(room) >> 59];
}

room_directory::presence& room_directory::find_or_add(stripe& in, std::string_view room) {
  const auto found = in.rooms.find(room);
  if (found != in.rooms.end()) return *found->second;
  auto made = std::make_unique<presence>();
  made->name = room;
  const std::string_view key = made->name;
  return *in.rooms.emplace(key, std::move(made)).first->second;
}

void room_directory::erase_if_unused(stripe& in, presence& which) {
  if (which.members == 0 && which.held.empty()) in.rooms.erase(which.name);
}

bool room_directory::enter(std::string_view room, unsigned shard) {
  stripe& in = stripe_of(room);
  const std::lock_guard lock(in.mutex);
  presence& which = find_or_add(in, room);
  const bool first = which.members == 0;
  which.members |= only(shard);
  return first;
}

bool room_directory::leave(std::string_view room, unsigned shard) {
  stripe& in = stripe_of(room);
  const std::lock_guard lock(in.mutex);
  presence& which = find_or_add(in, room);
  which.members &= ~only(shard);
  const bool last = which.members == 0;
  erase_if_unused(in, which);
  return last;
}

void room_directory::hold(std::string_view room, shard_set shards) {
  if (shards == 0) return;
  stripe& in = stripe_of(room);
  const std::lock_guard lock(in.mutex);
  presence& which = find_or_add(in, room);
  const auto count = static_cast<std::size_t>(std::bit_width(shards));
  if (which.held.size() < count) which.held.resize(count);
  for (unsigned shard = 0; shard < count; shard++)
    if (shards & only(shard)) which.held[shard]++;
}

void room_directory::release(std::string_view room, unsigned shard) {
  stripe& in = stripe_of(room);
  const std::lock_guard lock(in.mutex);
  presence& which = find_or_add(in, room);
  which.held[shard]--;
  if (std::ranges::all_of(which.held, [](std::uint32_t count) { return count == 0; }))
    which.held = {};
  erase_if_unused(in, which);
}

shard_set room_directory::shards_of(std::string_view room) const {
  stripe& in = stripe_of(room);
  const std::lock_guard lock(in.mutex);
  const auto found = in.rooms.find(room);
  return found == in.rooms.end() ? 0 : found->second->shards();
}

}  // namespace socketio::core
