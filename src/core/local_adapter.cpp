#include "core/local_adapter.hpp"

#include "base/fetch_ahead.hpp"
#include "core/broadcast_ack.hpp"
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
  if (const recovery* const log = nsp_.recovery()) target.joined.push_back(log->now_in_log());
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
  std::uint32_t joined = 0;
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

template <class Visit>
void local_adapter::each_member(std::string_view name, Visit&& visit) const {
  if (const auto found = rooms_.find(name); found != rooms_.end())
    for (socket* member : found->second->members) visit(member);
  if (socket* own = owner_of(name)) visit(own);
}

std::size_t local_adapter::room_size(std::string_view name) const {
  std::size_t count = 0;
  each_member(name, [&](socket*) { count++; });
  return count;
}

std::vector<std::string> local_adapter::room_names() const {
  std::vector<std::string> names;
  for (const auto& [name, members] : rooms_) names.emplace_back(name);
  return names;
}

std::vector<std::string> local_adapter::sockets(const broadcast_options& options) const {
  std::vector<std::string> ids;
  for (const socket* one : select(options)) ids.emplace_back(one->public_id());
  return ids;
}

std::vector<socket*>& local_adapter::select(const broadcast_options& options) const {
  targets_.clear();
  if (options.rooms.empty() && options.except.empty()) {
    targets_ = nsp_.connected();
    return targets_;
  }
  // Whoever carries this epoch has been seen: those to leave out first.
  if (++epoch_ == 0) {  // wrapped around: old marks would look new
    for (socket* one : nsp_.connected()) one->epoch = 0;
    epoch_ = 1;
  }
  for (const std::string& name : options.except)
    each_member(name, [&](socket* member) { member->epoch = epoch_; });
  const auto take = [&](socket* member) {
    if (std::exchange(member->epoch, epoch_) == epoch_ || !member->connected())
      return;  // BR-02, BR-04
    targets_.push_back(member);
  };
  if (options.rooms.empty()) std::ranges::for_each(nsp_.connected(), take);
  for (const std::string& name : options.rooms) each_member(name, take);
  return targets_;
}

// For calls that run user code: the sockets stay alive whatever it does.
std::vector<std::shared_ptr<socket>> local_adapter::selected(
    const broadcast_options& options) const {
  std::vector<std::shared_ptr<socket>> kept;
  for (socket* one : select(options)) kept.push_back(one->shared_from_this());
  return kept;
}

// ---- reaching them

namespace {

// Fetches what deliver() will touch of a socket, in four stages: each follows a pointer that the
// stage before has fetched.
constexpr std::size_t stages = 4;
void fetch_stage(std::size_t stage, const socket& of) noexcept {
  if (stage == 0) return fetch_ahead<3>(&of);
  if (!of.from()) return;
  if (stage == 1) return fetch_ahead<2>(of.from());
  if (const link* over = of.from()->over()) over->fetch_ahead(static_cast<int>(stage) - 2);
}

// The first ones, together: a room has hardly more. Then those behind, each stage some sockets
// after the one before.
constexpr std::size_t distance = 4;
void fetch_first(std::span<socket* const> targets) noexcept {
  targets = targets.first(std::min(targets.size(), stages * distance));
  for (std::size_t stage = 0; stage < stages; ++stage)
    for (const socket* of : targets) fetch_stage(stage, *of);
}
void fetch_behind(std::span<socket* const> targets, std::size_t at) noexcept {
  for (std::size_t stage = stages; stage-- > 0;) {
    const std::size_t place = at + (stages - stage) * distance;
    if (place < targets.size()) fetch_stage(stage, *targets[place]);
  }
}

}  // namespace

// Compressed forms are kept where many may want them.
wire::compression local_adapter::compression_of(const detail::emit_flags& flags) const {
  if (!flags.compress) return wire::compression::unwanted;
  return nsp_.owner()->options().deflates ? wire::compression::kept : wire::compression::wanted;
}

std::vector<wire::frame> local_adapter::encode(const broadcast_packet& packet,
                                               std::optional<std::uint64_t> ack_id,
                                               const detail::emit_flags& flags,
                                               const deflated_elsewhere& deflated) const {
  const auto how = compression_of(flags);
  std::vector<wire::frame> group;
  nsp_.owner()->encode(packet_type::event, nsp_.name(), ack_id, packet.arguments,
                       packet.attachments, wire::frame_class::event, group, how);
  if (how == wire::compression::kept && deflated)
    for (std::uint32_t i = 0; i < group.size(); ++i) wire::share_variants(group[i], deflated, i);
  return group;
}

void local_adapter::broadcast(const broadcast_packet& packet, const broadcast_options& options,
                              const deflated_elsewhere& deflated, const crossing& way) {
  auto& targets = select(options);
  recovery* const log = nsp_.recovery();
  if (targets.empty() && !(log && log->awaits_anybody())) return;
  fetch_first(targets);
  std::vector<wire::frame> group;
  if (log)  // on each shard it has another offset
    log->encode(packet, options, way, compression_of(options.flags), group);
  else
    group = encode(packet, std::nullopt, options.flags, deflated);
  if (group.empty()) return;
  if (nsp::gate* const gate = nsp_.broadcast_gate) [[unlikely]]
    std::erase_if(targets, [&](socket* one) { return !gate->admits(*one, group); });
  std::vector<std::shared_ptr<socket>> watched;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    fetch_behind(targets, i);
    socket* const one = targets[i];
    if (one->watched_outgoing()) watched.push_back(one->shared_from_this());
    one->deliver(group, options.flags);
  }
  if (watched.empty()) return;
  const outgoing_event event(packet.arguments, packet.attachments);
  for (const auto& one : watched)  // SK-14; user code, therefore last
    if (one->watched_outgoing()) one->tell_outgoing(event);
}

void local_adapter::broadcast_with_ack(const broadcast_packet& packet,
                                       const broadcast_options& options,
                                       const std::shared_ptr<broadcast_ack>& answers,
                                       const deflated_elsewhere& deflated) {
  const auto targets = selected(options);
  const auto group = encode(packet, answers->id(), options.flags, deflated);
  std::optional<outgoing_event> event;
  std::vector<session_id> waiting, missing;
  broadcast_ack::names named;
  for (const auto& one : targets) {
    if (one->connected() && one->watched_outgoing()) {
      if (!event) event.emplace(packet.arguments, packet.attachments);
      one->tell_outgoing(*event);
    }
    if (one->expect_broadcast_answer(answers->id(), answers) && !one->deliver(group, options.flags))
      one->forget_broadcast_answer(answers->id());  // it never gets the question
  }
  for (const auto& one : targets) {  // a listener may have disconnected one that was asked already
    (one->expects_broadcast_answer(answers->id()) ? waiting : missing).push_back(one->id());
    if (one->is_older()) named.emplace(one->id(), one->public_id());
  }
  answers->on_asked(waiting, missing, std::move(named));
}

std::vector<remote_socket> local_adapter::fetch_sockets(const broadcast_options& options) const {
  std::vector<remote_socket> list;
  for (socket* one : select(options))
    list.push_back({std::string(one->public_id()), one->make_handshake(), socket_rooms(*one),
                    one->data(), nsp_.shared_from_this()});
  return list;
}

void local_adapter::add_sockets(const broadcast_options& options,
                                std::span<const std::string> rooms) {
  for (const auto& one : selected(options)) one->join(rooms);
}

void local_adapter::del_sockets(const broadcast_options& options,
                                std::span<const std::string> rooms) {
  for (const auto& one : selected(options))
    for (const std::string& name : rooms) one->leave(name);
}

void local_adapter::disconnect_sockets(const broadcast_options& options, bool close) {
  for (const auto& one : selected(options)) one->disconnect(close);
}

}  // namespace socketio::core
