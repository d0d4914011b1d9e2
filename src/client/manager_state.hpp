// The manager: opens connections, waits between attempts, and hands packets to the sockets of the
// namespaces. What the public `manager` points to. Spec rows CM-01 to CM-27; the reference is
// socket.io-client 4.8.4, build/cjs/manager.js.
//
// Reactor only, except what stands under "any thread". Inputs call sockets and, through the outlet,
// the application, which may do anything meanwhile; what follows looks again.
// The files: manager_state.cpp (the connection and its packets), reconnection.cpp.
// Tested by tests/unit/client/manager_test.cpp with a connection of its own.
#pragma once

#include "base/random.hpp"
#include "client/backoff.hpp"
#include "client/connection.hpp"
#include "client/listener_table.hpp"
#include "client/outlet.hpp"
#include "client/socket_state.hpp"
#include "socketio/client_options.hpp"
#include "wire/json.hpp"
#include "wire/socket_packet.hpp"

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::client_side {

// What became of a packet. `full`: the queue of the connection is; `never`: its parser refuses it,
// now and later.
enum class sending : std::uint8_t { sent, not_now, full, never };

// What the manager needs of the world, so that tests can give it another one.
struct manager_surroundings {
  std::shared_ptr<executor> shard;
  connection_factory connect;
  std::function<double()> random;         // [0, 1)
  std::function<std::int64_t()> wall_ms;  // since 1970
};

class manager_state final : public connection_sink,
                            public std::enable_shared_from_this<manager_state> {
 public:
  manager_state(client_options options, manager_surroundings in);
  ~manager_state() override;

  // ---- command
  void open();
  void disconnect();        // CM-19
  void close_connection();  // DM-16
  void network_changed();
  void socket_left();     // the last active one closes the connection (CM-20)
  void finish_sockets();  // all of them disconnect, and what they wait for is told
  // Nothing is told any more. The connection says good-bye behind what was sent, at most
  // close_timeout; `over` is called when it has.
  void shut_down(std::function<void()> over);
  void set_reconnection(bool on);
  // Behind shut_down(), when the loop ends: what still closes does so with this turn.
  void hurry();
  // And then it is cut.
  void cut() noexcept;
  // Everything that was emitted has been taken by the operating system.
  bool everything_sent() const;
  // And the server is known to have read it.
  bool everything_read() const;
  // Told once, when nothing that was emitted before waits any more: true when the server has read
  // it, false when a connection ended before it said so. What was lost with earlier connections
  // does not count. One waits at a time: the last one.
  void when_read(std::function<void(bool read)> done);
  void tell_if_read();

  // ---- of sockets
  sending send(wire::packet_type type, std::string_view nsp, std::optional<std::uint64_t> id,
               std::string_view json, std::span<const std::span<const std::byte>> attachments,
               wire::frame_class kind, bool compress);
  // DISCONNECT. What ends with its last namespace says it when the server has read the rest.
  void send_disconnect(std::string_view nsp);
  bool is_open() const noexcept { return state_ == state::open; }
  bool reconnecting() const noexcept { return reconnecting_; }
  bool writable() const noexcept { return is_open() && connection_->writable(); }
  bool ping_expired();
  std::size_t queued_bytes() const noexcept {
    return connection_ ? connection_->queued_bytes() : 0;
  }
  void give_up_connection(client_reason why, std::string description);
  void note_queued() noexcept { seen_->queued.store(queued_bytes(), std::memory_order_relaxed); }
  std::int64_t wall_ms() const { return in_.wall_ms(); }
  std::string new_key();  // for retry_keys

  // ---- any thread
  const client_options& options() const noexcept { return options_; }
  const std::shared_ptr<executor>& shard() const noexcept { return in_.shard; }
  const std::shared_ptr<outlet>& out() const noexcept { return out_; }
  std::shared_ptr<socket_state> socket(std::string_view nsp, const socket_options* options);
  struct facts {
    bool connected = false;
    std::string sid;
    std::string transport;
  };
  facts now() const;
  const std::shared_ptr<traffic>& seen() const noexcept { return seen_; }
  void remove_listener(listener_id id);

  signal<> opens;
  signal<const connect_failure&> errors;
  signal<const client_disconnect&> closes;
  signal<> pings;
  signal<packet_type, std::string_view> packets;
  signal<std::uint64_t> reconnect_attempts, reconnects;
  signal<const connect_failure&> reconnect_errors;
  signal<> reconnect_failures;
  signal<std::string_view> upgrades;
  signal<const connect_failure&> upgrade_errors;

  // May be changed between attempts (CM-21). Reactor only.
  connection_facts next;
  backoff_options delays;
  std::uint64_t attempts_max;
  std::optional<milliseconds> timeout;

 private:
  enum class state : std::uint8_t { closed, opening, open };
  using socket_list = std::vector<std::shared_ptr<socket_state>>;

  // connection_sink
  void on_open() override;
  void on_failed(connect_failure why) override;
  void on_message(bool binary, std::string_view data) override;
  void on_ping() override;
  void on_upgrade() override;
  void on_upgrade_failed(connect_failure why) override;
  void on_drained() override;
  void on_closed(client_disconnect why, const connect_failure* error) override;

  // manager_state.cpp
  void attempt_failed(const connect_failure& why);
  void close_now(const client_disconnect& why);
  sending encode(wire::packet_type type, std::string_view nsp, std::optional<std::uint64_t> id,
                 std::string_view json, std::span<const std::span<const std::byte>> attachments,
                 wire::frame_class kind, bool compress, std::vector<wire::frame>& into);
  void tell_read(bool read);
  bool make_decoder();
  void check_waiting();
  void let_go_of_connection();
  void on_packet(const wire::packet& packet);
  void on_foreign(bool binary, std::string_view data);
  void parse_error(std::string description);
  socket_list sockets() const;
  std::shared_ptr<socket_state> find(std::string_view nsp) const;
  void note_facts();
  // reconnection.cpp
  void reconnect();
  void attempt();
  void reconnected();
  void maybe_reconnect();

  template <void (manager_state::*What)()>
  struct member_timer final : timer {
    explicit member_timer(manager_state& who) : of(who) {}
    void on_expired(time_point) override {
      const auto alive = of.shared_from_this();
      (of.*What)();
    }
    manager_state& of;
  };
  void attempt_timed_out();

  const client_options options_;
  const manager_surroundings in_;
  const std::shared_ptr<outlet> out_;
  const std::shared_ptr<traffic> seen_ = std::make_shared<traffic>();

  state state_ = state::closed;
  bool reconnecting_ = false;
  bool attempting_ = false;  // the connection that is opened is one of the loop
  bool skip_reconnect_ = false;
  bool reconnection_;
  std::atomic<bool> gone_{false};  // set by the reactor
  backoff backoff_;
  std::unique_ptr<connection> connection_;
  std::list<std::unique_ptr<connection>> closing_;
  void end_if_closed();

  std::shared_ptr<manager_state> lingering_;  // itself, while something closes after its end
  std::function<void()> over_;
  std::function<void(bool)> read_waiter_;
  bool asking_ = false;       // the connection, for it
  bool left_unread_ = false;  // by a connection that has ended: nobody knows what became of it
  bool finishing_ = false;    // all sockets end: none of their DISCONNECTs goes alone
  std::vector<wire::frame> last_words_;  // of the connection, given to its close()
  member_timer<&manager_state::attempt_timed_out> open_timer_{*this};
  member_timer<&manager_state::attempt> reconnect_timer_{*this};

  wire::packet_decoder decoder_;
  std::unique_ptr<parser::decoder> foreign_;
  wire::json_reader reader_;
  std::vector<wire::frame> group_;
  std::string key_prefix_;
  std::uint64_t keys_ = 0;

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, std::shared_ptr<socket_state>, std::less<>> sockets_;
  facts facts_;
};

}  // namespace socketio::client_side
