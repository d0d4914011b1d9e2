#include "server/session.hpp"

#include "core/hub.hpp"

#include <utility>

namespace socketio {
namespace {

// Runs a hook of the user, if there is one.
template <class Hook, class... Args>
void call(core::hub& owner, const Hook& hook, std::string_view where, const Args&... args) {
  if (hook) owner.guard(where, [&] { hook(args...); });
}

}  // namespace

session::session(net::engine_session& below, core::hub& above, const context& of,
                 const http_request& request)
    : below_(below), client_(above, *this, request), of_(of) {
  if (of_.ids) of_.ids->add(below_.sid(), above.index());  // an id of ours; others are entered
  client_.info()->set_websocket(below_.transport() == engine::transport::websocket);
  if (const logger& log = *above.shard().log; log.debugs(debug_name::server)) [[unlikely]]
    log.debug(debug_name::server, "connection comes in",
              {{"sid", below_.sid()}, {"address", client_.info()->address()}});
  call(above, of_.hooks.on_open, "engine on_open", below_.sid(), transport());
}

void session::on_message(engine::message_kind format, std::string_view data) {
  if (format == engine::message_kind::text)
    client_.on_text(data);
  else
    client_.on_binary(data);
}

void session::on_upgrading() {
  call(client_.owner(), of_.hooks.on_upgrading, "engine on_upgrading", below_.sid());
}
void session::on_upgraded() {
  client_.info()->set_websocket(true);
  call(client_.owner(), of_.hooks.on_upgrade, "engine on_upgrade", below_.sid());
}
void session::on_heartbeat() {
  call(client_.owner(), of_.hooks.on_heartbeat, "engine on_heartbeat", below_.sid());
}

// Inside send(): what tells the client comes when there is room for it, a turn later at the
// earliest.
void session::on_dropped(std::uint32_t messages) {
  if (!of_.tells_lagged) return;
  if (dropped_ == 0) below_.tell_drained(true);
  dropped_ += messages;
}

// Once everything that waited has gone: half a queue would do, but whoever reads at all empties it,
// and whoever does not must not lose the notice as well.
void session::tell_lagged() {
  if (dropped_ == 0) return;
  below_.tell_drained(false);
  client_.tell_lagged(std::exchange(dropped_, 0));
}

void session::on_closed(const disconnect_reason& why) {
  of_.by_address.leave(client_.info()->address());
  if (of_.ids) of_.ids->remove(below_.sid(), client_.owner().index());
  client_.on_closed(why);
  call(client_.owner(), of_.hooks.on_close, "engine on_close", below_.sid(), why);
  delete this;
}

bool session::close(reason why, cause what, std::string detail) {
  below_.close(why, what, std::move(detail));
  return below_.state() == engine::session::state::closed;
}

// ---- observed_session

observed_session::observed_session(net::engine_session& below, core::hub& above, const context& of,
                                   const http_request& request)
    : session(below, above, of, request) {
  if (of.meter) of.meter->opened.add();
}

void observed_session::on_upgraded() {
  session::on_upgraded();
  if (common().meter && common().meter->on_upgraded) common().meter->on_upgraded(client());
}

void observed_session::on_closed(const disconnect_reason& why) {
  if (common().meter) common().meter->closed[static_cast<std::size_t>(why.why)].add();
  session::on_closed(why);  // the end of this
}

void observed_session::on_message(engine::message_kind format, std::string_view data) {
  const bool binary = format == engine::message_kind::binary;
  if (common().meter) common().meter->count_in(data.size());
  call(client().owner(), common().hooks.on_message, "engine on_message", sid(), binary, data);
  session::on_message(format, data);
}

engine::send_queue::outcome observed_session::send(std::span<const wire::frame> group) {
  const auto outcome = session::send(group);
  if (outcome != engine::send_queue::outcome::queued) return outcome;
  for (const wire::frame& one : group) {
    // A text frame begins with the type of the Engine.IO packet.
    const std::string_view data = one.packet().substr(one.is_binary() ? 0 : 1);
    if (common().meter) common().meter->count_out(data.size());
    if (common().hooks.on_packet_create) tell_created(one.is_binary(), data);
  }
  return outcome;
}

// Later, because the hook may do anything, and whoever sends is in the middle of it: of a walk over
// the sockets of a room, for one.
void observed_session::tell_created(bool binary, std::string_view data) {
  core::hub& owner = client().owner();
  owner.shard().post(
      [&owner, &of = common(), id = std::string(sid()), binary, kept = std::string(data)] {
        call(owner, of.hooks.on_packet_create, "engine on_packet_create", id, binary, kept);
      });
}

}  // namespace socketio
