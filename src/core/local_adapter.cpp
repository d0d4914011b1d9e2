#include "core/local_adapter.hpp"

#include "core/broadcast_ack.hpp"
#include "core/hub.hpp"
#include "core/nsp.hpp"
#include "core/socket.hpp"

#include <algorithm>

namespace socketio::core {

// ---- membership

void local_adapter::add_all(socket& who, std::span<const std::string> rooms) {
  for (const std::string& name : rooms) join(who, name);
}

void local_adapter::join(socket& who, const std::string& name) {
  if (who.gone()) return;  // a listener may have disconnected it between two rooms
  hub& owner = *nsp_.owner();
  const auto tell = [&](auto& listeners, auto... what) {
    listeners.call([&](auto&& run) { owner.guard("room listener", run); }, what...);
  };
  const std::string_view id = who.id().view();
  if (name == id) {
    if (std::exchange(who.in_own_room, true)) return;
    if (!rooms_.contains(name)) tell(nsp_.create_room_listeners, std::string_view(name));
    if (who.in_own_room) tell(nsp_.join_room_listeners, std::string_view(name), id);
    return;
  }
  if (is_in(who, name)) return;
  auto [place, made] = rooms_.try_emplace(name);
  if (made) place->second = std::make_unique<room>(room{name, {}});
  room& target = *place->second;
  who.memberships.push_back({&target, static_cast<std::uint32_t>(target.members.size())});
  target.members.push_back(&who);
  if (made && !owner_of(name)) tell(nsp_.create_room_listeners, std::string_view(name));
  if (is_in(who, name))
    tell(nsp_.join_room_listeners, std::string_view(name), id);  // a listener may have taken it out
}

bool local_adapter::is_in(const socket& who, std::string_view room) noexcept {
  return std::ranges::any_of(who.memberships,
                             [room](const membership& in) { return in.room->name == room; });
}

void local_adapter::del(socket& who, std::string_view name) {
  if (name == who.id().view()) {
    if (!std::exchange(who.in_own_room, false)) return;
    hub& owner = *nsp_.owner();
    const auto guard = [&](auto&& run) { owner.guard("room listener", run); };
    nsp_.leave_room_listeners.call(guard, name, who.id().view());
    if (!rooms_.contains(name)) nsp_.delete_room_listeners.call(guard, name);
    return;
  }
  for (std::size_t i = 0; i < who.memberships.size(); i++)
    if (who.memberships[i].room->name == name) return leave(who, i);
}

// Takes the socket out of the room by moving the room's last member into its place. The rooms of a
// socket keep the order in which it joined them.
void local_adapter::leave(socket& who, std::size_t which) {
  const auto [target, index] = who.memberships[which];
  who.memberships.erase(who.memberships.begin() + static_cast<std::ptrdiff_t>(which));
  socket* last = target->members.back();
  target->members[index] = last;
  target->members.pop_back();
  if (last != &who) std::ranges::find(last->memberships, target, &membership::room)->index = index;

  const std::string name = target->name;
  hub& owner = *nsp_.owner();
  const auto guard = [&](auto&& run) { owner.guard("room listener", run); };
  nsp_.leave_room_listeners.call(guard, name, who.id().view());
  const auto found = rooms_.find(name);
  if (found == rooms_.end() || !found->second->members.empty())
    return;  // a listener joined, or was faster
  rooms_.erase(found);
  if (!owner_of(name)) nsp_.delete_room_listeners.call(guard, name);
}

void local_adapter::del_all(socket& who) {
  del(who, who.id().view());
  std::ranges::reverse(
      who.memberships);  // first joined, first left: from the back, where it costs nothing
  while (!who.memberships.empty()) leave(who, who.memberships.size() - 1);
}

// ---- asking

std::vector<std::string> local_adapter::socket_rooms(const socket& who) const {
  std::vector<std::string> names;
  if (who.in_own_room) names.emplace_back(who.id().view());
  for (const membership& in : who.memberships) names.push_back(in.room->name);
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
  for (const auto& [name, members] : rooms_) names.push_back(name);
  return names;
}

std::vector<session_id> local_adapter::sockets(std::span<const std::string> rooms) const {
  std::vector<session_id> ids;
  for (const socket* one : select({rooms, {}, {}})) ids.push_back(one->id());
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

void local_adapter::broadcast(const broadcast_packet& packet, const broadcast_options& options) {
  const auto& targets = select(options);
  if (targets.empty()) return;
  std::vector<wire::frame> group;
  wire::encode_packet(wire::packet_type::event, nsp_.name(), std::nullopt, packet.arguments,
                      packet.attachments, wire::frame_class::event, group);
  std::vector<std::shared_ptr<socket>> watched;
  for (socket* one : targets) {
    if (one->watched_outgoing()) watched.push_back(one->shared_from_this());
    one->deliver(group, options.flags);
  }
  for (const auto& one : watched)  // SK-14; user code, therefore last
    if (one->watched_outgoing()) one->tell_outgoing(packet.arguments, packet.attachments);
}

void local_adapter::broadcast_with_ack(const broadcast_packet& packet,
                                       const broadcast_options& options,
                                       const std::shared_ptr<broadcast_ack>& answers) {
  const auto targets = selected(options);
  std::vector<wire::frame> group;
  wire::encode_packet(wire::packet_type::event, nsp_.name(), answers->id(), packet.arguments,
                      packet.attachments, wire::frame_class::event, group);
  for (const auto& one : targets) {
    if (one->connected() && one->watched_outgoing())
      one->tell_outgoing(packet.arguments, packet.attachments);
    if (answers->expect(one)) one->deliver(group, options.flags);
  }
  answers->on_client_count(targets.size());
}

void local_adapter::fetch_sockets(const broadcast_options& options,
                                  std::function<void(std::vector<remote_socket>)> done) {
  std::vector<remote_socket> list;
  for (socket* one : select(options))
    list.push_back({std::string(one->id().view()), one->make_handshake(), socket_rooms(*one),
                    one->data(), nsp_.shared_from_this()});
  done(std::move(list));
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
