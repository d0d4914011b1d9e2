// Membership, and the questions about it. local_adapter_reach.cpp has the broadcasts.
#include "core/local_adapter.hpp"

#include "core/hub.hpp"
#include "core/nsp_group.hpp"
#include "core/recovery.hpp"
#include "core/socket.hpp"

#include <algorithm>

namespace socketio::core {

// ---- membership

void local_adapter::add_all(socket& who, std::span<const std::string> rooms) {
  for (const std::string& name : rooms) join(who, name);
}

namespace {

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

// Where the room stands in the socket's list. Both lists may be long, the shorter one decides.
std::size_t place_of(const socket& who, const room& in) noexcept {
  if (in.members.size() < who.memberships.size()) {
    const auto found = std::ranges::find(in.members, &who);
    if (found == in.members.end()) return nowhere;
    return in.places[static_cast<std::size_t>(found - in.members.begin())];
  }
  const auto found = std::ranges::find(who.memberships, &in, &membership::room);
  if (found == who.memberships.end()) return nowhere;
  return static_cast<std::size_t>(found - who.memberships.begin());
}

// The last membership is a gap.
void drop_last(socket& who) {
  who.memberships.pop_back();
  who.memberships_left--;
}

// Takes out the rooms that were left, and tells the others their new places.
void tidy(socket& who) {
  std::erase_if(who.memberships, [](const membership& in) { return !in.room; });
  who.memberships_left = 0;
  for (std::size_t i = 0; i < who.memberships.size(); i++)
    who.memberships[i].room->places[who.memberships[i].index] = static_cast<std::uint32_t>(i);
}

}  // namespace

void local_adapter::join(socket& who, const std::string& name) {
  if (who.gone()) return;  // a listener may have disconnected it between two rooms
  if (name == who.id().view()) return join_own(who, name);
  auto found = rooms_.find(name);
  if (found != rooms_.end() && place_of(who, *found->second) != nowhere) return;
  if (refused(who, name)) return;
  const bool made = found == rooms_.end();
  if (made) {
    auto fresh = std::make_unique<room>(room{name, {}, {}, {}});
    const std::string_view key = fresh->name;
    const std::lock_guard lock(nsp_.membership());
    found = rooms_.emplace(key, std::move(fresh)).first;
  }
  room& target = *found->second;
  enter(who, target);
  const bool first =
      made && (!nsp_.group().spread() || nsp_.group().rooms.enter(name, nsp_.index()));

  hub& owner = *nsp_.owner();
  const auto guard = [&](auto&& run) { owner.guard("room listener", run, nsp_.name()); };
  if (first && !owner_of(name)) nsp_.create_room_listeners.call(guard, name);
  if (nsp_.join_room_listeners.empty() || !is_in(who, name)) return;  // a listener took it out
  nsp_.join_room_listeners.call(guard, name, who.public_id());
}

void local_adapter::enter(socket& who, room& target) {
  const std::lock_guard lock(nsp_.membership());
  who.memberships.push_back({&target, static_cast<std::uint32_t>(target.members.size())});
  target.members.push_back(&who);
  target.places.push_back(static_cast<std::uint32_t>(who.memberships.size() - 1));
  if (const recovery* const log = nsp_.recovery()) target.joined.push_back(log->log().next());
}

// No room object is made for it.
void local_adapter::join_own(socket& who, std::string_view name) {
  if (who.in_own_room.exchange(true)) return;
  // The id of a recovered socket may be one of another shard.
  if (nsp_.group().spread() && who.id().shard() != nsp_.index())
    nsp_.group().rooms.hold(name, only(nsp_.index()));
  hub& owner = *nsp_.owner();
  const auto guard = [&](auto&& run) { owner.guard("room listener", run, nsp_.name()); };
  if (!rooms_.contains(name)) nsp_.create_room_listeners.call(guard, name);
  if (who.in_own_room) nsp_.join_room_listeners.call(guard, name, name);
}

// What a client may make a handler join has a limit.
bool local_adapter::refused(socket& who, const std::string& name) {
  hub& owner = *nsp_.owner();
  const auto& limits = owner.options();
  if (name == who.public_id()) return false;
  std::string why;
  if (name.size() > limits.room_name_bytes_max)
    why = "a room with a name of " + std::to_string(name.size()) + " bytes, the limit is " +
          std::to_string(limits.room_name_bytes_max);
  else if (who.memberships.size() - who.memberships_left >=
           limits.rooms_per_socket_max + (who.is_older() && is_in(who, who.public_id())))
    why = "one more room, the limit is " + std::to_string(limits.rooms_per_socket_max);
  if (why.empty()) return false;
  owner.counters().rooms_refused.add();
  who.report_error(why + ": not joined");
  return true;
}

bool local_adapter::is_in(const socket& who, std::string_view name) const noexcept {
  const auto found = rooms_.find(name);
  return found != rooms_.end() && place_of(who, *found->second) != nowhere;
}

void local_adapter::del(socket& who, std::string_view name) {
  if (name == who.id().view()) {
    if (!who.in_own_room.exchange(false)) return;
    if (nsp_.group().spread() && who.id().shard() != nsp_.index())
      nsp_.group().rooms.release(name, nsp_.index());
    hub& owner = *nsp_.owner();
    const auto guard = [&](auto&& run) { owner.guard("room listener", run, nsp_.name()); };
    nsp_.leave_room_listeners.call(guard, name, name);
    if (!rooms_.contains(name)) nsp_.delete_room_listeners.call(guard, name);
    return;
  }
  const auto found = rooms_.find(name);
  if (found == rooms_.end()) return;
  if (const std::size_t place = place_of(who, *found->second); place != nowhere) leave(who, place);
}

// Takes the socket out of the room by moving the room's last member into its place. The rooms of a
// socket keep the order in which it joined them: the one that was left remains as a gap until every
// second one is a gap.
void local_adapter::leave(socket& who, std::size_t which) {
  std::unique_lock lock(nsp_.membership());
  const auto [target, index] = std::exchange(who.memberships[which], {nullptr, 0});
  target->members[index] = target->members.back();
  target->places[index] = target->places.back();
  target->members[index]->memberships[target->places[index]].index = index;
  target->members.pop_back();
  target->places.pop_back();
  std::uint64_t joined = 0;
  if (!target->joined.empty()) {
    joined = std::exchange(target->joined[index], target->joined.back());
    target->joined.pop_back();
  }
  who.memberships_left++;
  if (which + 1 == who.memberships.size())
    drop_last(who);
  else if (who.memberships_left > 8 && who.memberships_left > who.memberships.size() / 2)
    tidy(who);

  lock.unlock();

  const std::string name = target->name;
  hub& owner = *nsp_.owner();
  if (recovery* const log = nsp_.recovery()) log->on_left_room(who, name, joined);
  const auto guard = [&](auto&& run) { owner.guard("room listener", run, nsp_.name()); };
  nsp_.leave_room_listeners.call(guard, name, who.public_id());
  const auto found = rooms_.find(name);
  if (found == rooms_.end() || !found->second->members.empty())
    return;  // a listener joined, or was faster
  lock.lock();
  rooms_.erase(found);
  lock.unlock();
  const bool last = !nsp_.group().spread() || nsp_.group().rooms.leave(name, nsp_.index());
  if (last && !owner_of(name)) nsp_.delete_room_listeners.call(guard, name);
}

void local_adapter::del_all(socket& who) {
  del(who, who.id().view());
  {  // First joined, first left: from the back, where it costs nothing.
    const std::lock_guard lock(nsp_.membership());
    std::ranges::reverse(who.memberships);
    tidy(who);
  }
  while (!who.memberships.empty()) {
    if (who.memberships.back().room) {
      leave(who, who.memberships.size() - 1);
    } else {  // a listener was faster
      const std::lock_guard lock(nsp_.membership());
      drop_last(who);
    }
  }
}

// ---- asking

std::vector<std::string> local_adapter::socket_rooms(const socket& who) const {
  std::vector<std::string> names;
  if (who.in_own_room) names.emplace_back(who.id().view());
  for (const membership& in : who.memberships)
    if (in.room) names.push_back(in.room->name);
  return names;
}

socket* local_adapter::owner_of(std::string_view room) const {
  if (room.size() != session_id::length) return nullptr;
  socket* own = nsp_.find(session_id(room));
  return own && own->in_own_room ? own : nullptr;
}

std::vector<std::string> local_adapter::room_names() const {
  std::vector<std::string> names;
  for (const auto& [name, members] : rooms_) names.emplace_back(name);
  return names;
}

}  // namespace socketio::core
