#include "core/client.hpp"

#include "core/hub.hpp"
#include "core/namespace_check.hpp"
#include "core/nsp_group.hpp"
#include "core/older_client.hpp"
#include "core/parsing.hpp"
#include "core/socket.hpp"
#include "wire/msgpack_packet.hpp"

#include <algorithm>
#include <memory>
#include <new>

namespace socketio::core {

using wire::packet_type;

client::client(hub& of, core::link& over, const http_request& request)
    : hub_(of),
      link_(&over),
      info_(std::make_shared<connection_info>(request, over.sid())),
      connect_timeout_(std::make_unique<connect_timer>(*this)) {
  if (const parser* const by = hub_.options().parser.get()) {
    new (&foreign_) std::unique_ptr<parser::decoder>;
    hub_.guard("parser", [&] { foreign_ = by->make_decoder(); });
  } else {
    new (&decoder_) wire::packet_decoder;
  }
  hub_.counters().clients.add();
  executor& shard = hub_.shard();
  shard.timers().arm(*connect_timeout_,
                     deadline_after(shard.exact_now(), hub_.options().connect_timeout));
}

client::~client() {
  abandon_checks();
  hub_.counters().clients.sub();
  if (hub_.options().parser)
    std::destroy_at(&foreign_);
  else
    std::destroy_at(&decoder_);
}

client::rare& client::more() {
  if (!rare_) rare_ = std::make_unique<rare>(*this);
  return *rare_;
}

void client::begin() {
  if (is_older()) join("/", {});
}

void client::on_text(std::string_view message) {
  if (hub_.options().parser) [[unlikely]]
    return on_foreign(message, /*binary=*/false);
  on_decoded(decoder_.on_text(message, hub_.reader(), hub_.options().packets));
}

void client::on_binary(std::string_view message) {
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

void client::on_connect(const wire::packet& packet) {
  if (is_older()) return join(older::nsp_of(packet.nsp), older::auth_of(packet.nsp));
  join(packet.nsp, packet.json);
}

void client::join(std::string_view nsp_name, std::string_view auth) {
  if (find(nsp_name) || checks(nsp_name))  // Q-03: also while that is still being decided
    return close(cause::duplicate_connect, "\"" + std::string(nsp_name) + "\" is joined already");
  if (sockets_.size() + (rare_ ? rare_->checks.size() : 0) >=
      hub_.options().namespaces_per_client_max)
    return close(cause::too_many_namespaces,
                 "more than " + std::to_string(hub_.options().namespaces_per_client_max) +
                     " namespaces on one connection");
  nsp* const target = hub_.find(nsp_name);
  if (target && target->group().enter()) return target->connect(*this, auth);
  check_name(nsp_name, auth);
}

// ---- names that do not exist yet (NS-02, NS-03)

void client::check_name(std::string_view name, std::string_view auth) {
  auto parents = hub_.all().parents();
  // Patterns are run on what the peer says: its length has a limit.
  if (!parents || name.size() > hub_.options().namespace_name_bytes_max)
    return refuse_name(name, "Invalid namespace");
  const auto check = std::make_shared<namespace_check>(*this, hub_, name, auth, std::move(parents));
  more().checks.push_back(check);
  check->run();
}

void client::on_allowed(const namespace_check& which, const std::shared_ptr<parent>& by) {
  const std::string name = which.name(), auth = which.auth_text();
  forget_check(which);
  if (!link_) return;
  namespaces::child child;
  hub_.guard("adapter", [&] { child = hub_.all().enter_child(name, by); });
  if (child.why == namespaces::entry::full) {
    hub_.counters().namespaces_refused.add();
    return refuse_name(name, "Too many namespaces");
  }
  if (!child.group) return refuse_name(name, "Invalid namespace");
  if (!link_) return child.group->leave();  // a listener of on_new_namespace has closed it
  hub_.know(*child.group).connect(*this, auth);
}

void client::on_not_allowed(const namespace_check& which) {
  const std::string name = which.name();
  forget_check(which);
  if (link_) refuse_name(name, "Invalid namespace");
}

// The connection goes on (NS-03, K-08).
void client::refuse_name(std::string_view nsp_name, std::string_view why) {
  hub_.counters().refused_total.add();
  auto& group = hub_.scratch_group();
  hub_.encode(packet_type::connect_error, nsp_name, std::nullopt,
              R"({"message":")" + std::string(why) + R"("})", {}, wire::frame_class::control,
              group);
  if (!group.empty()) link_->send(group);
  group.clear();
}

bool client::checks(std::string_view nsp_name) const noexcept {
  return rare_ && std::ranges::any_of(rare_->checks,
                                      [&](const auto& one) { return one->name() == nsp_name; });
}

void client::forget_check(const namespace_check& which) noexcept {
  if (rare_) std::erase_if(rare_->checks, [&](const auto& one) { return one.get() == &which; });
}

void client::abandon_checks() noexcept {
  if (!rare_) return;
  for (const auto& one : std::exchange(rare_->checks, {})) one->abandon();
}

socket* client::find(std::string_view nsp_name) const noexcept {
  for (const auto& one : sockets_)
    if (one->nsp_name() == nsp_name) return one.get();
  return nullptr;
}

// PK-15: the error is told to every socket, then the connection is closed.
void client::protocol_error(cause what, std::string detail) {
  const auto all = sockets_;
  for (const auto& one : all) one->report_error(detail);
  close_connection(what, std::move(detail));
}

void client::close_connection(cause what, std::string detail) {
  if (link_) link_->close(reason::forced_close, what, std::move(detail));
}

void client::close(cause what, std::string detail) {
  if (!link_) return;
  // Without a pending poll the close cannot be delivered now: the sockets are told at once (SV-12).
  if (!link_->close(reason::forced_close, what, detail))
    leave_all({reason::forced_server_close, what, std::move(detail)});
}

void client::disconnect_all() {
  const auto all = sockets_;
  for (const auto& one : all) one->disconnect(false);
  close_connection(cause::server_disconnect, {});
}

void client::on_closed(const disconnect_reason& why) {
  connect_timeout_.reset();
  if (rare_) rare_->attachments_timeout.cancel();
  abandon_checks();
  link_ = nullptr;
  leave_all(why);
}

void client::leave_all(const disconnect_reason& why) {
  const auto all = std::exchange(sockets_, {});
  for (const auto& one : all) {
    if (one->current() == socket::state::connecting)
      one->drop_before_connect();
    else
      one->leave_namespace(why);
  }
}

void client::on_joined() { connect_timeout_.reset(); }

void client::on_left(socket& who) {
  const auto found = std::ranges::find(sockets_, &who, [](const auto& one) { return one.get(); });
  if (found != sockets_.end()) sockets_.erase(found);
}

void client::connect_timer::on_expired(time_point) {
  const auto limit = of.hub_.options().connect_timeout.count();
  of.close(cause::connect_timeout, "no namespace joined within " + std::to_string(limit) + " ms");
}

}  // namespace socketio::core
