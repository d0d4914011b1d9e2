#include "core/client.hpp"

#include "core/hub.hpp"
#include "core/namespace_check.hpp"
#include "core/socket.hpp"

#include <algorithm>
#include <memory>
#include <new>

namespace socketio::core {

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
  if (const limit_rules* rules = hub_.options().limits.get(); rules && rules->any_of_clients())
    more().limits = std::make_unique<client_limits>(
        *rules, rules->any_of_addresses() ? hub_.address_buckets(info_->address()) : nullptr);
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

// PK-15: the error is told to every socket, then the connection is closed.
void client::protocol_error(cause what, std::string detail) {
  if (hub_.shard().log->debugs(debug_name::parser)) [[unlikely]]
    tell_undecoded(detail);
  const auto all = sockets_;
  for (const auto& one : all) one->report_error(detail);
  close_connection(what, std::move(detail));
}

void client::close_connection(cause what, std::string detail) {
  if (link_) link_->close(reason::forced_close, what, std::move(detail));
}

void client::close(cause what, std::string detail) {
  if (!link_) return;
  const logger& log = *hub_.shard().log;
  if (log.debugs(debug_name::client)) [[unlikely]]
    log.debug(debug_name::client, "closes the connection",
              {{"sid", info_->sid()}, {"cause", to_string(what)}, {"detail", detail}});
  // Without a pending poll the close cannot be delivered now: the sockets are told at once (SV-12).
  if (!link_->close(reason::forced_close, what, detail))
    leave_all({reason::forced_server_close, what, std::move(detail)});
}

void client::disconnect_all() {
  const auto all = sockets_;
  for (const auto& one : all) one->disconnect(false);
  close_connection(cause::server_disconnect, {});
}

void client::shut_down() {
  leave_all({reason::server_shutting_down, cause::server_close, {}});
  close_connection(cause::server_close, {});
}

void client::tell_lagged(std::uint32_t dropped) {
  const auto all = sockets_;
  for (const auto& one : all) {
    if (one->current() != socket::state::connected) continue;
    detail::payload what;
    what.begin(2);
    what.out().string(hub_.options().lagged_event);
    what.out().begin_object(1);
    what.out().key("dropped");
    what.out().integer(static_cast<std::int64_t>(dropped));
    what.out().end_object();
    what.end();
    one->emit(what, {}, nullptr);
  }
}

void client::on_closed(const disconnect_reason& why) {
  if (const logger& log = *hub_.shard().log; log.debugs(debug_name::client)) [[unlikely]]
    log.debug(debug_name::client, "connection closed",
              {{"sid", info_->sid()}, {"reason", why.text()}});
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
