// The server's side of one client in one namespace. What the public handle `socketio::socket`
// points to.
//
// Alive as long as a handle exists, but shard state (listeners, rooms, acks) is released at the
// disconnect. Shard only, except id(), nsp_name(), shard() and connected().
#pragma once

#include "base/executor.hpp"
#include "base/session_id.hpp"
#include "base/timer_wheel.hpp"
#include "core/client.hpp"
#include "core/listeners.hpp"
#include "core/recovery_session.hpp"
#include "socketio/socket.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

class nsp;
struct room;
class broadcast_ack;

// A room and the socket's index among its members. Without a room: left, and not yet cleared away.
struct membership {
  core::room* room;
  std::uint32_t index;
};

// An event that is sent, as those see it who listen to everything outgoing (SK-14).
struct outgoing_event {
  outgoing_event(std::string_view json, std::span<const std::span<const std::byte>> attachments);
  std::string name;
  values arguments;
};

class socket : public std::enable_shared_from_this<socket> {
 public:
  enum class state : std::uint8_t { connecting, connected, disconnecting, disconnected };

  // `auth` is the JSON text of what CONNECT carried; empty when there was nothing.
  socket(nsp& of, client& from, session_id id, std::string_view auth);
  ~socket();

  // ---- feed
  void on_event(const wire::packet& packet);
  void on_ack(const wire::packet& packet);

  // ---- command
  // False when it cannot be sent. `answer` is settled exactly once, whatever happens.
  bool emit(detail::payload& what, const detail::emit_flags& flags,
            std::unique_ptr<detail::ack_receiver> answer);
  void send_answer(std::uint64_t ack_id, detail::payload& what);
  void send_error_answer(std::uint64_t ack_id, std::string_view code, std::string_view message);
  // Sends frames of a broadcast that were encoded for all. False when they were not queued.
  bool deliver(std::span<const wire::frame> group, const detail::emit_flags& flags);
  bool expect_broadcast_answer(std::uint64_t ack_id, const std::shared_ptr<broadcast_ack>& to);
  void forget_broadcast_answer(std::uint64_t ack_id);
  bool expects_broadcast_answer(std::uint64_t ack_id) const noexcept;
  void join(std::span<const std::string> rooms);
  void leave(std::string_view room);
  void disconnect(bool close);
  void report_error(std::string_view what);

  // ---- told by namespace and client
  void on_joined();  // middlewares passed: now connected, CONNECT is sent
  void on_refused(const connect_error& why);
  void leave_namespace(const disconnect_reason& why);  // the whole way out, with its events (SK-19)
  void drop_before_connect();  // the client went away during the middlewares (NS-13)

  // ---- told by recovery; the first two before anybody has a handle
  void set_recovery(std::unique_ptr<recovery_state> made);
  void go_on_as(const session_id& id, data_reference data);
  void was_in_since(std::string_view room, std::uint64_t number) noexcept;
  data_reference share_data() const noexcept;

  // ---- ask
  // Of the events that the shard's activity knows; any thread, while it holds the event fast.
  static activity::description describe_event(const void* event) noexcept;
  // The key of the socket on the server: unique, and it names the shard.
  const session_id& id() const noexcept { return id_; }
  // What it is called: the same text, except in revision 3 (V3-09).
  std::string_view public_id() const noexcept {
    return is_older() ? std::string_view(extras_->said).substr(0, id_bytes_) : id_.view();
  }
  bool is_older() const noexcept { return id_bytes_ != 0; }  // of revision 3
  bool connected() const noexcept {
    return state_.load(std::memory_order_acquire) == state::connected;
  }
  bool gone() const noexcept {
    return current() == state::disconnecting || current() == state::disconnected;
  }
  state current() const noexcept { return state_.load(std::memory_order_relaxed); }
  nsp& of() const noexcept { return *nsp_; }
  const std::shared_ptr<nsp>& shared_nsp() const noexcept { return nsp_; }
  client* from() const noexcept { return client_; }
  const socketio::socket& handle() const noexcept { return handle_; }  // valid until the disconnect
  handshake make_handshake() const;
  http_request request() const;
  std::string_view connection_id() const noexcept { return info_->sid(); }
  const connection_info& info() const noexcept { return *info_; }
  // nullptr: it is off. What it shows may be read by any thread.
  recovery_state* recovery() const noexcept { return extras_ ? extras_->recovery.get() : nullptr; }
  bool recovering() const noexcept { return recovery() && recovery()->claimed; }
  bool recovered() const noexcept;
  recovery_result what_became() const;
  std::size_t queued_bytes() const noexcept;
  value& data();
  const value* data_if_any() const noexcept;  // nullptr: nobody has asked for it
  const std::string& nsp_name() const noexcept;
  const std::shared_ptr<executor>& shard() const noexcept;
  bool watched_outgoing() const noexcept { return listeners_ && !listeners_->any_outgoing.empty(); }
  void tell_outgoing(const outgoing_event& what);

  struct listeners {
    event_listeners events;
    callbacks<std::string_view, const values&, bool>
        any;  // with whether an acknowledgement was asked for
    callbacks<std::string_view, const values&> any_outgoing;
    callbacks<const disconnect_reason&> disconnecting, disconnect;
    callbacks<std::string_view> error;
    std::vector<std::shared_ptr<const event_middleware>> middlewares;

    template <class Visit>
    void each_list(Visit visit) {
      visit(events);
      visit(any);
      visit(any_outgoing);
      visit(disconnecting);
      visit(disconnect);
      visit(error);
    }
  };
  listeners& listening();  // made on first use
  void remove_listener(listener_id id);

  // Owned by local_adapter and nsp.
  std::vector<membership> memberships;
  std::uint32_t memberships_left = 0;  // of these, how many have no room any more
  std::uint32_t epoch = 0;
  std::uint32_t connected_index = 0;
  std::atomic<bool> in_own_room{false};  // read by other threads

 private:
  [[gnu::cold, gnu::noinline]] void tell_event(std::string_view name) const;
  [[gnu::cold, gnu::noinline]] void tell_emit(std::size_t bytes) const;
  struct pending_ack;
  struct ack_table;
  friend struct pending_ack;
  class incoming;  // one event on its way to the handlers
  class dispatch;  // alive while one is
  struct middleware_run;

  void run_listeners(std::string_view name, const wire::packet& packet);
  void run_middlewares(std::shared_ptr<middleware_run> run);
  void run_handlers(std::string_view name, const input& arguments, std::optional<std::uint64_t> id);
  void report_error_event(const input& arguments);
  void settle_all(errc why);
  bool emit_to_absent(detail::payload& what, const detail::emit_flags& flags);
  bool emit_recoverable(core::recovery& log, detail::payload& what,
                        const detail::emit_flags& flags);
  engine::send_queue::outcome send(wire::packet_type type, std::optional<std::uint64_t> id,
                                   std::string_view payload,
                                   std::span<const std::span<const std::byte>> attachments,
                                   wire::frame_class kind,
                                   wire::compression how = wire::compression::wanted);
  void refuse(std::string_view payload, std::span<const std::span<const std::byte>> attachments);
  void release();
  void dispatch_ended();

  session_id id_;
  std::atomic<state> state_{state::connecting};
  bool leaving_ = false;  // its disconnecting listeners run, or have run
  std::shared_ptr<nsp> nsp_;
  client* client_;
  std::shared_ptr<const connection_info> info_;
  socketio::socket
      handle_;  // to itself, until the disconnect: keeps it alive and costs handlers no copy
  std::unique_ptr<listeners> listeners_;
  std::unique_ptr<ack_table> acks_;
  // What most sockets do not have.
  struct extras {
    extras() = default;
    extras(std::string with, std::unique_ptr<recovery_state> state)
        : said(std::move(with)), recovery(std::move(state)) {}
    // The id of revision 3, if it is one, and then the auth of CONNECT, as text: a tree would be
    // many times its bytes.
    std::string said;
    std::unique_ptr<recovery_state> recovery;
  };
  std::unique_ptr<extras> extras_;
  std::atomic<shared_data*> data_{nullptr};  // made when first asked for, by whatever thread
  std::int64_t issued_ms_ = 0;
  std::uint32_t dispatching_ = 0;  // handlers of this socket that are running now
  std::uint32_t id_bytes_ = 0;     // never changed: other threads ask for the id
};

}  // namespace socketio::core
