// socket: one client in one namespace, the server's side. A cheap copyable handle that stays valid
// for ever: after the disconnect its calls do nothing and say so (emit() returns false).
//
// Threads: every method may be called on any thread unless its comment says "shard only"; on the
// socket's own shard the call is direct, elsewhere it is posted there and takes effect in the order
// of the calls. Handlers run on the shard.
#pragma once

#include "socketio/broadcast.hpp"
#include "socketio/detail/declared.hpp"
#include "socketio/detail/emits.hpp"
#include "socketio/detail/handler.hpp"
#include "socketio/disconnect_reason.hpp"
#include "socketio/handshake.hpp"
#include "socketio/middleware.hpp"
#include "socketio/recovery.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

class nsp;

// Names one registration, for off().
using listener_id = std::uint64_t;

namespace detail {

struct socket_target {
  std::shared_ptr<core::socket> socket;
  emit_flags flags;
};
// Where a handler is put among the others of its event.
struct handler_place {
  bool once = false, first = false;
};

// Implemented in src/core; any thread.
bool emit_to(const socket_target& to, payload& what, std::unique_ptr<ack_receiver> answer);
listener_id add_handler(const std::shared_ptr<core::socket>& to, std::string_view event,
                        std::shared_ptr<handler> what, handler_place where);
broadcast_target broadcast_from(const socket_target& from);

// Everything that can be sent to one socket; shared by the handle and by its flagged form.
template <class Derived>
class unicasts : public emits<Derived> {
 public:
  template <class... Args>
  bool write(const Args&... args) const {  // the same as send()
    return this->emit("message", args...);
  }

  // Everybody else (SK-16): operators that leave this socket out.
  broadcast_operator to(const room_list& rooms) const { return others().to(rooms); }
  broadcast_operator in(const room_list& rooms) const { return others().to(rooms); }
  broadcast_operator except(const room_list& rooms) const { return others().except(rooms); }
  broadcast_operator broadcast() const { return others(); }
  broadcast_operator local() const { return others().local(); }

 private:
  broadcast_operator others() const {
    return broadcast_operator(broadcast_from(static_cast<const Derived*>(this)->target()));
  }
};

}  // namespace detail

// A socket with flags for the next emit: socket.timeout(5s).emit(...), socket.volatile_().emit(...)
// (SK-17).
class flagged_socket : public detail::unicasts<flagged_socket> {
 public:
  explicit flagged_socket(detail::socket_target target) : target_(std::move(target)) {}
  flagged_socket volatile_() const {
    flagged_socket next(*this);
    next.target_.flags.is_volatile = true;
    return next;
  }
  flagged_socket compress(bool on) const {
    flagged_socket next(*this);
    next.target_.flags.compress = on;
    return next;
  }
  flagged_socket timeout(std::chrono::milliseconds limit) const {
    flagged_socket next(*this);
    next.target_.flags.timeout = limit;
    return next;
  }
  const detail::socket_target& target() const noexcept { return target_; }

 private:
  detail::socket_target target_;
};

class socket : public detail::unicasts<socket> {
 public:
  socket() = default;  // disconnected for ever
  explicit socket(std::shared_ptr<core::socket> impl) noexcept : impl_(std::move(impl)) {}

  std::string_view id() const noexcept;  // 20 characters; valid as long as a handle exists
  bool connected() const noexcept;
  // It goes on where its client lost the connection: with the same id, rooms and data, and all that
  // was sent meanwhile. False when that was not possible, or connection_state_recovery is not set;
  // recovery() says why. Any thread.
  bool recovered() const noexcept;
  recovery_result recovery() const;
  socketio::handshake handshake() const;  // made anew at each call
  // The first HTTP request of the connection, with what middlewares attached (HD-14): without its
  // body, and with the names of headers in lower case. Made anew at each call. Any thread.
  http_request request() const;
  std::string_view nsp_name() const noexcept;
  // The id of the connection below, shared by all its namespaces: `socket.conn.id`. Any thread.
  std::string_view connection_id() const noexcept;
  // "polling" or "websocket"; "" after the disconnect. Any thread.
  std::string_view transport() const noexcept;
  // Anything you like to keep with the socket; seen by fetch_sockets(). The value is
  // yours to guard when several threads use it. Any thread.
  value& data() const;
  // The rooms it is in, its own id included; empty after the disconnect (SK-05). Any
  // thread.
  std::vector<std::string> rooms() const;
  // Bytes queued and not yet handed to the operating system; elsewhere than on the
  // socket's shard, as they were at the last send, and 0 for up to 4 KiB. Any thread.
  std::size_t queued_bytes() const noexcept;

  flagged_socket volatile_() const { return flagged_socket(target()).volatile_(); }
  flagged_socket compress(bool on) const { return flagged_socket(target()).compress(on); }
  flagged_socket timeout(std::chrono::milliseconds limit) const {
    return flagged_socket(target()).timeout(limit);
  }

  // Beyond server_options::rooms_per_socket_max, or with a name over room_name_bytes_max, a room is
  // not joined; it is counted and told to on_error().
  void join(const room_list& rooms) const;
  void leave(std::string_view room) const;
  // Sends DISCONNECT; with `close`, leaves all namespaces and closes the connection (SK-18).
  void disconnect(bool close = false) const;
  // Closes the connection as `socket.conn.close()` does: the client sees "transport close" and
  // reconnects (DM-04).
  void close_connection() const;

  // ---- listeners; released at the disconnect, so a handler may capture its own socket
  // Handlers of a socket win over handlers of the namespace for the same event. Names that
  // JavaScript reserves throw std::invalid_argument: what they stand for are calls such as
  // on_disconnect(). "error" is an event that a client sends; see on_error().
  template <class F>
  listener_id on(std::string_view event, F&& handler) const {
    return detail::add_handler(impl_, event, detail::make_handler(std::forward<F>(handler)), {});
  }
  template <class F>
  listener_id once(std::string_view event, F&& handler) const {
    return detail::add_handler(impl_, event, detail::make_handler(std::forward<F>(handler)),
                               {.once = true});
  }
  // Before the handlers that are there.
  template <class F>
  listener_id prepend(std::string_view event, F&& handler) const {
    return detail::add_handler(impl_, event, detail::make_handler(std::forward<F>(handler)),
                               {.first = true});
  }
  template <detail::event_name Name, class... P, class F>
  listener_id on(const event<Name, P...>&, F&& handler) const {
    detail::check_handler<event<Name, P...>, F>();
    return on(Name.view(), std::forward<F>(handler));
  }
  template <detail::event_name Name, class... P, class F>
  listener_id once(const event<Name, P...>&, F&& handler) const {
    detail::check_handler<event<Name, P...>, F>();
    return once(Name.view(), std::forward<F>(handler));
  }
  void off() const;                        // all handlers of events
  void off(std::string_view event) const;  // those of that event
  void off(listener_id id) const;
  std::size_t listener_count(std::string_view event) const;  // of the socket itself; shard only

  listener_id on_disconnecting(
      std::function<void(const disconnect_reason&)> handler) const;  // rooms still populated
  listener_id on_disconnect(std::function<void(const disconnect_reason&)> handler) const;
  // Errors of this connection: malformed packets, errors passed to next() by event middlewares
  // (SK-12), rooms that were refused.
  listener_id on_error(std::function<void(std::string_view)> handler) const;

  // Catch-all listeners: before middlewares and handlers (SK-13), and for what is sent (SK-14).
  // Those for incoming events may take a third parameter, whether an acknowledgement was asked for:
  // (event, arguments, bool wants_ack).
  using any_listener = std::function<void(std::string_view event, const values& arguments)>;
  using any_incoming_listener =
      std::function<void(std::string_view event, const values& arguments, bool wants_ack)>;
  listener_id on_any(any_incoming_listener handler) const;
  listener_id on_any(any_listener handler) const;
  listener_id prepend_any(any_incoming_listener handler) const;
  listener_id prepend_any(any_listener handler) const;
  void off_any() const;               // all of them
  std::size_t listeners_any() const;  // how many; shard only
  listener_id on_any_outgoing(any_listener handler) const;
  listener_id prepend_any_outgoing(any_listener handler) const;
  void off_any_outgoing() const;
  std::size_t listeners_any_outgoing() const;  // how many; shard only

  // Middleware for incoming events (SK-11): may change the arguments, and must call next() once,
  // now or later.
  void use(event_middleware middleware) const;

  friend bool operator==(const socket& a, const socket& b) noexcept { return a.impl_ == b.impl_; }
  explicit operator bool() const noexcept { return connected(); }

  detail::socket_target target() const { return {impl_, {}}; }                  // internal
  const std::shared_ptr<core::socket>& impl() const noexcept { return impl_; }  // internal

 private:
  std::shared_ptr<core::socket> impl_;
};

}  // namespace socketio
