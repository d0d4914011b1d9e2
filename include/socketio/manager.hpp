// manager: one connection to a server and the sockets of its namespaces, which share it (CM-04,
// CS-25). It connects, and connects again with growing pauses when that fails.
//
//   socketio::manager manager("https://chat.example");
//   auto chat = manager.socket("/");
//   auto admin = manager.socket("/admin", {.auth = token});
//
// With one namespace only, `client` (socketio/client.hpp) is simpler.
//
// The destructor waits for nothing, neither the network nor a callback. No callback begins after
// it; one that runs at that time on another thread ends on its own: call stop() before, where
// callbacks refer to what dies with the manager. What waits for an acknowledgement is not told, but
// for coroutines (errc::disconnected): stop() tells all. It may be destroyed inside a callback. The
// connection closes when the server has read what it has been given to send, in the background, at
// most client_options::close_timeout; what still waits for a connection is lost, unless stop() is
// given time.
//
// Threads: every method on any thread, see client_socket. Listeners take effect at once.
#pragma once

#include "socketio/client_socket.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

namespace client_side {
class manager_state;
class owner;
}  // namespace client_side

class manager {
 public:
  // `url`: http, https, ws or wss, without a scheme https (CM-01); what the path says is ignored
  // here. Throws std::invalid_argument for an URL or options that cannot work, std::system_error
  // when there is no thread or descriptor left.
  explicit manager(std::string_view url, client_options options = {});
  ~manager();
  manager(manager&& other) noexcept;
  manager& operator=(manager&& other) noexcept;

  // The socket of a namespace, the same one each time; connects it unless auto_connect is false
  // (CM-04). The options count at the first time.
  client_socket socket(std::string_view nsp = "/") const;
  client_socket socket(std::string_view nsp, socket_options options) const;

  // Opens the connection, whether a socket needs it or not (CM-12).
  void connect() const;
  void open() const { connect(); }
  // Closes it; nothing connects by itself afterwards (CM-19).
  void disconnect() const;
  void close() const { disconnect(); }
  // Closes the connection below, as `manager.engine.close()` does: sockets see "forced close", and
  // it connects again (DM-16).
  void close_connection() const;
  // The network is another one, or is back: a waiting attempt is made now, and a connection that
  // may be dead is closed and made anew.
  void network_changed() const;
  // Disconnects all sockets, tells whatever waits (errc::disconnected; not through an executor,
  // which would call behind the end), and waits until no callback runs and none will: with `drain`,
  // first, until what was emitted before is sent and the server has read it, at most so long. False
  // when it has not said so; without `drain` nobody asks. Of what earlier connections have taken
  // with them nobody knows. The good-bye may take close_timeout. Inside a callback it does not wait
  // for callbacks, and on the network's thread for nothing. With an event_loop that another thread
  // runs or polls it waits for that one, twice at most close_timeout and a second; a loop that
  // nobody runs it runs itself meanwhile.
  bool stop(std::chrono::milliseconds drain = std::chrono::milliseconds(0));

  // ---- what it does now; any thread
  bool connected() const noexcept;            // the connection is open
  std::string engine_id() const;              // of the Engine.IO session; empty when there is none
  std::string transport() const;              // "polling", "websocket"; empty when there is none
  std::size_t queued_bytes() const noexcept;  // not yet taken by the operating system

  // ---- may be changed at any time, from the next attempt on (CM-21)
  void reconnection(bool on) const;  // false stops a loop of attempts
  void reconnection_attempts(std::uint64_t most) const;
  void reconnection_delay(std::chrono::milliseconds first) const;
  void reconnection_delay_max(std::chrono::milliseconds longest) const;
  void randomization_factor(double part) const;
  void timeout(std::optional<std::chrono::milliseconds> of_an_attempt) const;
  void set_query(name_value_list query) const;
  void set_extra_headers(name_value_list headers) const;
  void set_transports(std::vector<std::string> names) const;

  // ---- listeners (CM-15)
  listener_id on_open(detail::callback<> handler) const;
  listener_id on_error(detail::callback<const connect_failure&> handler) const;
  listener_id on_close(detail::callback<const client_disconnect&> handler) const;
  listener_id on_ping(detail::callback<> handler) const;
  // Every packet that came, and its namespace, before its socket handles it.
  listener_id on_packet(detail::callback<packet_type, std::string_view> handler) const;
  // The number of the attempt.
  listener_id on_reconnect_attempt(detail::callback<std::uint64_t> handler) const;
  listener_id on_reconnect(detail::callback<std::uint64_t> handler) const;
  listener_id on_reconnect_error(detail::callback<const connect_failure&> handler) const;
  listener_id on_reconnect_failed(detail::callback<> handler) const;
  // Of the engine below: the transport is now a WebSocket, or could not become one.
  listener_id on_upgrade(detail::callback<std::string_view> handler) const;
  listener_id on_upgrade_error(detail::callback<const connect_failure&> handler) const;
  void off(listener_id id) const;

 private:
  std::shared_ptr<client_side::manager_state> state_;
  std::shared_ptr<client_side::owner> owner_;  // shared with stop()
};

}  // namespace socketio
