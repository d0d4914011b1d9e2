#include "server/admin/watcher.hpp"

#include "core/socket.hpp"
#include "server/admin/serialize.hpp"

#include <functional>
#include <string>

namespace socketio::admin {

std::string watcher::now() const { return iso_date(hub_.wall_clock()); }

void watcher::begin(core::nsp& part) {
  const auto id = core::next_listener_id();
  // First, so that what the application's handlers emit is seen.
  part.connection_listeners.add(
      id, [this](const std::shared_ptr<core::socket>& who) { on_connected(who); }, /*first=*/true);
  part.disconnect_listeners.add(
      id, [this](const std::shared_ptr<core::socket>& who, const disconnect_reason& why) {
        of_.publish("socket_disconnected", who->nsp_name(), who->public_id(), why.text(), now());
      });
  part.join_room_listeners.add(id, [this, &part](std::string_view room, std::string_view who) {
    of_.publish("room_joined", part.name(), room, who, now());
  });
  part.leave_room_listeners.add(id, [this, &part](std::string_view room, std::string_view who) {
    tell_left(part, room, who);
  });
}

void watcher::on_connected(const std::shared_ptr<core::socket>& who) {
  if (of_.watched()) of_.publish("socket_connected", serialize(*who), now());
  if (&who->of().group() == of_.group.get()) return;  // what pages say and hear is not told
  const auto id = core::next_listener_id();
  core::socket& self = *who;  // its listeners do not outlive it
  self.listening().any.add(id, [this, &self](std::string_view event, const values& all, bool) {
    tell_event("event_received", self, event, all);
  });
  self.listening().any_outgoing.add(id, [this, &self](std::string_view event, const values& all) {
    tell_event("event_sent", self, event, all);
  });
}

namespace {

std::size_t bytes_of(const detail::payload& what) noexcept {
  std::size_t bytes = what.text().size();
  for (const auto& block : what.attachments()) bytes += block.size();
  return bytes;
}

}  // namespace

// The arguments begin with the name of the event. Of those that are too long only the size is told.
void watcher::tell_event(std::string_view what, core::socket& who, std::string_view event,
                         const values& arguments) const {
  if (!of_.watched()) return;
  const auto write = [&](detail::payload& to, std::string_view name, const values& all) {
    to.begin(5);
    to.out().string(what);
    to.out().string(who.nsp_name());
    to.out().string(who.public_id());
    to.out().begin_array(all.size() + 1);
    to.out().string(name);
    for (const value& one : all) one.write(to.out());
    to.out().end_array();
    to.out().string(now());
    to.end();
  };
  const detail::broadcast_target pages{of_.group->shared_part(0), {}, {}, {}};
  std::size_t bytes = 0;
  {
    detail::payload encoded;
    write(encoded, event, arguments);
    bytes = bytes_of(encoded);
    if (bytes <= of_.options.event_bytes_max) {
      if (!detail::broadcast(pages, encoded)) of_.lost = true;
      return;
    }
  }
  detail::payload encoded;
  write(encoded, event.substr(0, 200), {value("(" + std::to_string(bytes) + " bytes)")});
  if (!detail::broadcast(pages, encoded)) of_.lost = true;
}

// A turn later, as the official server does: behind the socket_disconnected of a socket that goes.
void watcher::tell_left(core::nsp& part, std::string_view room, std::string_view id) const {
  if (!of_.watched()) return;
  hub_.shard().post([this, nsp = part.name(), room = std::string(room), id = std::string(id),
                     when = now()] { of_.publish("room_left", nsp, room, id, when); });
}

void watcher::on_upgraded(core::client& who) {
  if (!of_.watched()) return;
  for (const auto& one : who.sockets())
    if (one->connected())
      of_.publish("socket_updated", value::map({{"id", one->public_id()},
                                                {"nsp", one->nsp_name()},
                                                {"transport", "websocket"}}));
}

void watcher::look_at_data() {
  if (!of_.watched()) {
    data_.clear();
    data_known_ = false;
    return;
  }
  decltype(data_) seen;
  for (const auto& group : of_.namespaces->list())
    for (core::socket* const one : group->part(hub_.index()).connected()) {
      const value* const data = one->data_if_any();
      if (!data || data->is_null()) continue;
      const std::size_t hash = std::hash<std::string>()(data->to_string());
      seen.emplace(one->id(), hash);
      const auto before = data_.find(one->id());
      if (!data_known_ || (before != data_.end() && before->second == hash)) continue;
      of_.publish("socket_updated", value::map({{"id", one->public_id()},
                                                {"nsp", one->nsp_name()},
                                                {"data", serialize_data(data)}}));
    }
  data_ = std::move(seen);
  data_known_ = true;
}

}  // namespace socketio::admin
