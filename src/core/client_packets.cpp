// From a message of the peer to a packet, and to the socket that it is for.
#include "core/client.hpp"
#include "core/hub.hpp"
#include "core/older_client.hpp"
#include "core/parsing.hpp"
#include "core/socket.hpp"
#include "wire/msgpack_packet.hpp"

#include <string>

namespace socketio::core {

void client::on_text(std::string_view message) {
  if (client_limits* const mine = limits()) [[unlikely]]
    mine->on_bytes(message.size());
  if (hub_.options().parser) [[unlikely]]
    return on_foreign(message, /*binary=*/false);
  on_decoded(decoder_.on_text(message, hub_.reader(), hub_.options().packets));
}

void client::on_binary(std::string_view message) {
  if (client_limits* const mine = limits()) [[unlikely]]
    mine->on_bytes(message.size());
  if (hub_.options().parser) [[unlikely]]
    return on_foreign(message, /*binary=*/true);
  on_decoded(decoder_.on_binary(message, hub_.reader(), hub_.options().packets));
}

void client::on_decoded(result<std::optional<wire::packet>> decoded) {
  if (!link_) return;
  await_attachments();
  if (!decoded) return on_undecodable(static_cast<wire::wire_errc>(decoded.error().value()));
  if (*decoded) on_packet(**decoded);
}

void client::tell_undecoded(std::string_view why) const {
  hub_.shard().log->debug(debug_name::parser, "packet that cannot be decoded",
                          {{"sid", info_->sid()}, {"reason", why}});
}

void client::tell_decoded(const wire::packet& packet) const {
  if (!hub_.shard().log->debugs(debug_name::parser)) return;
  hub_.shard().log->debug(debug_name::parser, "packet decoded",
                          {{"sid", info_->sid()},
                           {"type", static_cast<int>(packet.type)},
                           {"nsp", packet.nsp},
                           {"id", packet.id ? static_cast<std::int64_t>(*packet.id) : -1}});
}

// A message for the parser of the application. What it makes of it stays here while it is handled.
void client::on_foreign(std::string_view message, bool binary) {
  if (!link_) return;
  result<std::optional<packet>> decoded = wire::wire_errc::invalid_payload;
  if (foreign_) hub_.guard("parser", [&] { decoded = foreign_->add(message, binary); });
  if (!link_) return;
  await_attachments();
  if (!decoded) return protocol_error(cause::malformed_packet, decoded.error().message());
  if (!*decoded) return;
  const packet& read = **decoded;
  if (!wire::has_valid_data(read))
    return protocol_error(cause::malformed_packet, "invalid payload");
  wire::packet seen;
  seen.type = read.type;
  seen.nsp = read.nsp;
  seen.id = read.id;
  seen.has_payload = read.data.has_value();
  if (read.data) seen.payload = detail::input_of(*read.data);
  const std::string auth = read.type == packet_type::connect ? kept_auth(read.data) : "";
  seen.json = auth;
  on_packet(seen);
}

bool client::awaits_more() const noexcept {
  if (!hub_.options().parser) [[likely]]
    return decoder_.reconstructing();
  return foreign_ && foreign_->waiting();
}

// An idle connection has no timer: it runs only between a packet and its last attachment.
void client::await_attachments() {
  if (!awaits_more()) {
    if (rare_) rare_->attachments_timeout.cancel();
    return;
  }
  executor& shard = hub_.shard();
  shard.timers().arm(more().attachments_timeout,
                     deadline_after(shard.exact_now(), hub_.options().attachments_timeout));
}

void client::attachments_timer::on_expired(time_point) {
  if (of.hub_.options().parser) {
    of.foreign_.reset();
    return of.protocol_error(cause::attachments_timeout,
                             "the rest of a packet did not come within " +
                                 std::to_string(of.hub_.options().attachments_timeout.count()) +
                                 " ms");
  }
  const auto [come, all] = of.decoder_.progress();
  of.decoder_ = {};
  of.protocol_error(cause::attachments_timeout,
                    "attachment " + std::to_string(come + 1) + " of " + std::to_string(all) +
                        " did not come within " +
                        std::to_string(of.hub_.options().attachments_timeout.count()) + " ms");
}

// The cause, and a sentence with the limit where there is one.
void client::on_undecodable(wire::wire_errc why) {
  using wire::wire_errc;
  const auto& limits = hub_.options();
  const std::string text = make_error_code(why).message();
  const auto over = [&](cause what, std::size_t limit, const char* unit) {
    protocol_error(what, text + ", the limit is " + std::to_string(limit) + unit);
  };
  if (why == wire_errc::too_many_attachments)
    return over(cause::too_many_attachments, limits.packets.attachments_max, "");
  if (why == wire_errc::attachments_too_big)
    return over(cause::attachments_too_big, limits.packets.attachment_bytes_max, " bytes");
  if (why == wire_errc::json_too_deep) return over(cause::json_too_deep, limits.json_depth_max, "");
  protocol_error(cause::malformed_packet, text);
}

void client::on_packet(const wire::packet& packet) {
  if (logger::anybody_debugs(debug_name::parser)) [[unlikely]]
    tell_decoded(packet);
  if (packet.type == packet_type::connect) return on_connect(packet);
  socket* to = find(packet.nsp);
  if (!to && is_older()) to = find(older::nsp_of(packet.nsp));
  // SV-12: whatever comes before the namespace is joined, and what only servers send, ends the
  // connection.
  if (!to || to->current() == socket::state::connecting ||
      packet.type == packet_type::connect_error)
    return close(
        cause::packet_before_connect,
        "a packet for \"" + std::string(packet.nsp.substr(0, 100)) + "\", which is not joined");
  if (limits() && throttled(packet, to)) [[unlikely]]
    return;
  switch (packet.type) {
    case packet_type::event: return to->on_event(packet);
    case packet_type::ack: return to->on_ack(packet);
    case packet_type::disconnect:
      return to->leave_namespace(
          {reason::client_namespace_disconnect, cause::client_disconnect, {}});
    case packet_type::connect:
    case packet_type::connect_error: return;  // handled above
  }
}

socket* client::find(std::string_view nsp_name) const noexcept {
  for (const auto& one : sockets_)
    if (one->nsp_name() == nsp_name) return one.get();
  return nullptr;
}

}  // namespace socketio::core
