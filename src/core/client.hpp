// One connection: decodes packets, joins namespaces, hands packets to the sockets (SV-11 to SV-13),
// and ends everything when the connection breaks the protocol (PK-15) or goes away. Shard only.
//
// A client of revision 3 says less: it is in "/" without asking for it, and what it wants to tell
// about itself stands behind the namespace as a query (V3-08, V3-10; docs/adr/0011).
//
// Feed: begin, on_text, on_binary, on_closed. The owner (the server floor) destroys it after
// on_closed.
#pragma once

#include "base/timer_wheel.hpp"
#include "core/client_limits.hpp"
#include "core/connection_info.hpp"
#include "core/link.hpp"
#include "socketio/disconnect_reason.hpp"
#include "wire/socket_packet.hpp"

#include <boost/container/small_vector.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

class hub;
class namespace_check;
class nsp;
class parent;
class socket;

class client {
 public:
  // `over` must outlive on_closed().
  client(hub& of, link& over, const http_request& request);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  // ---- feed
  void begin();  // once, first
  void on_text(std::string_view message);
  void on_binary(std::string_view message);
  void on_closed(const disconnect_reason& why);

  // ---- command
  // disconnect(true): every namespace is left, then the connection is closed (SK-18).
  void disconnect_all();
  // Closes the connection below; sockets learn of it when the link reports that.
  void close_connection(cause what, std::string detail);
  // The same, but sockets learn of it at once when the link cannot close soon (idle polling,
  // SV-12).
  void close(cause what, std::string detail);

  // ---- told by sockets and namespaces
  void on_connecting(std::shared_ptr<socket> who) { sockets_.push_back(std::move(who)); }
  void on_joined();  // a namespace was joined: no connect timeout any more (SK-24)
  void on_left(socket& who);
  // Of a name that it wants to join.
  void on_allowed(const namespace_check& which, const std::shared_ptr<parent>& by);
  void on_not_allowed(const namespace_check& which);
  // The server leaves: every socket goes with "server shutting down" and no packet (SV-09), then
  // the connection is closed behind what is queued.
  void shut_down();
  // Events for it were dropped, and its queue has room again: an event tells each socket how many.
  void tell_lagged(std::uint32_t dropped);

  core::link* over() const noexcept { return link_; }  // nullptr once closed
  // One per namespace, those that are still connecting too.
  std::span<const std::shared_ptr<socket>> sockets() const noexcept {
    return {sockets_.data(), sockets_.size()};
  }
  hub& owner() const noexcept { return hub_; }
  const std::shared_ptr<const connection_info>& info() const noexcept { return info_; }

 private:
  struct connect_timer final : timer {
    explicit connect_timer(client& who) : of(who) {}
    void on_expired(time_point) override;
    client& of;
  };

  // What hardly any connection needs: made by the first packet that has attachments, or that asks
  // for a namespace which does not exist yet.
  struct attachments_timer final : timer {
    explicit attachments_timer(client& who) : of(who) {}
    void on_expired(time_point) override;
    client& of;
  };

  void on_decoded(result<std::optional<wire::packet>> decoded);
  void tell_undecoded(std::string_view why) const;
  [[gnu::cold, gnu::noinline]] void tell_decoded(const wire::packet& packet) const;
  void on_foreign(std::string_view message, bool binary);
  void on_packet(const wire::packet& packet);
  void on_connect(const wire::packet& packet);
  void check_name(std::string_view name, std::string_view auth);
  void refuse_name(std::string_view nsp_name, std::string_view why);
  void send_refusal(std::string_view nsp_name, std::string_view json);
  bool checks(std::string_view nsp_name) const noexcept;
  void abandon_checks() noexcept;
  std::shared_ptr<const namespace_check> forget_check(const namespace_check& which) noexcept;
  void join(std::string_view nsp_name, std::string_view auth);
  bool is_older() const noexcept { return link_ && link_->spoken() == engine::revision::three; }
  bool awaits_more() const noexcept;
  void await_attachments();
  void on_undecodable(wire::wire_errc why);
  bool throttled(const wire::packet& packet, socket* to);
  bool connect_throttled(std::string_view nsp_name);
  void tell_limited(const client_limits::excess& over, std::string_view nsp,
                    std::string_view event);
  void protocol_error(cause what, std::string detail);
  void leave_all(const disconnect_reason& why);
  socket* find(std::string_view nsp_name) const noexcept;

  hub& hub_;
  core::link* link_;
  std::shared_ptr<const connection_info> info_;
  // One of the two, as the options have a parser or not: they are the same for every connection,
  // and each idle one would pay for room for both.
  union {
    wire::packet_decoder decoder_;
    std::unique_ptr<parser::decoder> foreign_;
  };
  // One per namespace, connecting ones too; nearly always one.
  boost::container::small_vector<std::shared_ptr<socket>, 1> sockets_;
  std::unique_ptr<connect_timer> connect_timeout_;  // until a namespace is joined
  // What few clients need.
  struct rare {
    explicit rare(client& who) : attachments_timeout(who) {}
    attachments_timer attachments_timeout;
    std::vector<std::shared_ptr<namespace_check>> checks;  // of names, not decided yet
    std::unique_ptr<client_limits> limits;                 // when there are any
  };
  client_limits* limits() const noexcept { return rare_ ? rare_->limits.get() : nullptr; }
  rare& more();
  std::unique_ptr<rare> rare_;
};

}  // namespace socketio::core
