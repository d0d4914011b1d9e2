// client_socket: one namespace of a server, as a client sees it (CS-01 to CS-27). A cheap copyable
// handle that stays valid for ever: once its manager is gone its calls do nothing and say so.
//
// Threads: every method may be called on any thread. Inside a callback that runs on the client's
// loop the call is direct; elsewhere it is posted there and takes effect in the order of the calls.
// on(), once() and off() take effect at once, everywhere. Callbacks run on the client's thread, in
// run() or poll() of its event_loop, or where its executor runs them; those of one manager never at
// the same time, unless the executor does that.
#pragma once

#include "socketio/client_errors.hpp"
#include "socketio/client_options.hpp"
#include "socketio/detail/callback.hpp"
#include "socketio/detail/declared.hpp"
#include "socketio/detail/emits.hpp"
#include "socketio/detail/handler.hpp"
#include "socketio/value.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

// Names one registration, for off().
using listener_id = std::uint64_t;

namespace client_side {
class socket_state;
}

// An event that waits for a connection, or, with retries, for its turn.
struct buffered_event {
  std::string name;
  values arguments;
  std::chrono::milliseconds age{0};
  bool wants_ack = false;
};

namespace detail {

struct client_target {
  std::shared_ptr<client_side::socket_state> socket;
  emit_flags flags;
};

// Implemented in src/client; any thread.
bool emit_to(const client_target& to, payload& what, std::unique_ptr<ack_receiver> answer);
listener_id add_client_handler(const std::shared_ptr<client_side::socket_state>& to,
                               std::string_view event, std::shared_ptr<handler> what, bool once,
                               bool first);

}  // namespace detail

// A socket with flags for the next emit: socket.timeout(5s).emit(...) (CS-16, CS-18).
class flagged_client_socket : public detail::emits<flagged_client_socket> {
 public:
  explicit flagged_client_socket(detail::client_target target) : target_(std::move(target)) {}
  // Not sent, and refused, when it cannot leave now (VO-03).
  flagged_client_socket volatile_() const {
    flagged_client_socket next(*this);
    next.target_.flags.is_volatile = true;
    return next;
  }
  flagged_client_socket compress(bool on) const {
    flagged_client_socket next(*this);
    next.target_.flags.compress = on;
    return next;
  }
  flagged_client_socket timeout(std::chrono::milliseconds limit) const {
    flagged_client_socket next(*this);
    next.target_.flags.timeout = limit;
    return next;
  }
  const detail::client_target& target() const noexcept { return target_; }

 private:
  detail::client_target target_;
};

// emit() returns true when the event was sent, or will be: while there is no connection it waits in
// a buffer (CS-10). False when it was refused, because that buffer, the queue of the connection or
// the list of pending acknowledgements is full, or a volatile event cannot leave at this instant;
// its acknowledgement is errc::refused then. The same on another thread, where what is on its way
// from other threads counts, too; there, volatile events and full lists are told by the
// acknowledgement only. An event that was taken is never thrown away in silence.
//
// Acknowledgements settle exactly once: with the answer, errc::timed_out, or errc::disconnected
// when the connection was lost before (ACK-12); what still waits in the buffer goes on waiting.
class client_socket : public detail::emits<client_socket> {
 public:
  client_socket() = default;  // of no client
  explicit client_socket(std::shared_ptr<client_side::socket_state> impl) noexcept
      : impl_(std::move(impl)) {}

  // Empty while it is disconnected; another one after each connection that was not recovered
  // (CS-07).
  std::string id() const;
  bool connected() const noexcept;
  bool disconnected() const noexcept { return !connected(); }
  // It connects again by itself (CS-02).
  bool active() const noexcept;
  // The server has kept what it knew of us, and sent what we missed (CR-11).
  bool recovered() const noexcept;
  const std::string& nsp_name() const noexcept;

  // No-op when it is connected, or about to be (CS-01).
  const client_socket& connect() const;
  const client_socket& open() const { return connect(); }
  // Tells the server, and closes the connection if no other socket uses it (CS-22): behind what was
  // sent, when the server has read that, because official servers ignore events that they read
  // together with the DISCONNECT behind them. It gets a third of close_timeout for that; a
  // connect() meanwhile makes a new connection beside. Where other sockets go on, the DISCONNECT
  // follows at once.
  const client_socket& disconnect() const;
  const client_socket& close() const { return disconnect(); }
  // From the next attempt on (CS-03).
  void set_auth(auth_source what) const;

  flagged_client_socket volatile_() const { return flagged_client_socket(target()).volatile_(); }
  flagged_client_socket compress(bool on) const {
    return flagged_client_socket(target()).compress(on);
  }
  flagged_client_socket timeout(std::chrono::milliseconds limit) const {
    return flagged_client_socket(target()).timeout(limit);
  }

  // ---- listeners
  // Names that JavaScript reserves throw std::invalid_argument: what they stand for are calls such
  // as on_connect().
  template <class F>
  listener_id on(std::string_view event, F&& handler) const {
    return add(event, std::forward<F>(handler), false, false);
  }
  template <class F>
  listener_id once(std::string_view event, F&& handler) const {
    return add(event, std::forward<F>(handler), true, false);
  }
  // Before the handlers that are there.
  template <class F>
  listener_id prepend(std::string_view event, F&& handler) const {
    return add(event, std::forward<F>(handler), false, true);
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
  void off(listener_id id) const;          // whatever it names
  std::size_t listener_count(std::string_view event) const;
  bool has_listeners(std::string_view event) const { return listener_count(event) > 0; }

  // Behind everything that was buffered in both directions (CS-04).
  listener_id on_connect(detail::callback<> handler) const;
  listener_id on_disconnect(detail::callback<const client_disconnect&> handler) const;
  // An attempt has failed. The next one follows when active() says so; a server that refused
  // (connect_cause::refused) is not asked again before connect() (CS-08).
  listener_id on_connect_error(detail::callback<const connect_failure&> handler) const;
  // An event whose arguments do not fit its handler: which, and why, in one sentence.
  listener_id on_invalid(detail::callback<std::string_view, std::string_view> handler) const;

  // Catch-all listeners (CS-20): for what comes, before its handlers, and for what leaves, at the
  // time when it does.
  using any_listener = detail::callback<std::string_view, const values&>;
  listener_id on_any(any_listener handler) const;
  listener_id prepend_any(any_listener handler) const;
  void off_any() const;  // all of them
  std::size_t listeners_any() const;
  listener_id on_any_outgoing(any_listener handler) const;
  listener_id prepend_any_outgoing(any_listener handler) const;
  void off_any_outgoing() const;
  std::size_t listeners_any_outgoing() const;

  // ---- what waits for a connection
  std::vector<buffered_event> buffered() const;
  std::size_t buffered_bytes() const;
  // Gives it up; acknowledgements are errc::refused.
  void clear_buffer() const;

  // Runs a coroutine where callbacks run: at once when called on the client's thread, else posted.
  // What it throws goes to client_options::on_exception. False when the client is gone.
  bool start(task<> work) const;

  friend bool operator==(const client_socket& a, const client_socket& b) noexcept {
    return a.impl_ == b.impl_;
  }
  explicit operator bool() const noexcept { return connected(); }

  detail::client_target target() const { return {impl_, {}}; }  // internal
  const std::shared_ptr<client_side::socket_state>& impl() const noexcept {
    return impl_;
  }  // internal

 private:
  template <class F>
  listener_id add(std::string_view event, F&& handler, bool once, bool first) const {
    return detail::add_client_handler(
        impl_, event, detail::make_handler<socket>(std::forward<F>(handler)), once, first);
  }

  std::shared_ptr<client_side::socket_state> impl_;
};

}  // namespace socketio
