// A namespace on one shard: its sockets, handlers, middlewares and adapter, and how a client joins
// it (NS-01, NS-09 to NS-16). The parts of all shards are a nsp_group. Shard only, except shard(),
// name(), group() and what says "any thread".
#pragma once

#include "base/executor.hpp"
#include "core/listeners.hpp"
#include "core/local_adapter.hpp"
#include "socketio/nsp.hpp"
#include "wire/frame.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

class broadcast_ack;
class client;
class hub;
class nsp_group;
class recovery;
class socket;

// Sockets are found by their ids, which stand in the sockets themselves.
struct id_hash {
  using is_transparent = void;
  std::size_t operator()(const session_id& id) const noexcept {
    return std::hash<std::string_view>()(id.view());
  }
  std::size_t operator()(const socket* who) const noexcept;
};
struct same_id {
  using is_transparent = void;
  bool operator()(const socket* a, const socket* b) const noexcept { return a == b; }
  bool operator()(const session_id& id, const socket* who) const noexcept;
  bool operator()(const socket* who, const session_id& id) const noexcept;
};

class nsp {
 public:
  nsp(hub& of, nsp_group& whole);
  ~nsp();
  nsp(const nsp&) = delete;
  nsp& operator=(const nsp&) = delete;

  // ---- commands
  // Takes over what its parent has at this moment, if it has one (NS-06), and tells the hub. Once;
  // whoever comes first on the shard calls it, before anything else happens here.
  void begin();
  // A CONNECT packet: makes the socket, runs the middlewares, then joins or refuses.
  // `auth` is its payload as it is kept, see parsing.hpp.
  void connect(client& from, std::string_view auth);
  void admit(const std::shared_ptr<socket>& who);  // it is known who it is: now its middlewares
  void add_middleware(detail::namespace_middleware middleware);
  void close();  // NS part of SV-09
  // Membership, by way of the adapter.
  void join(socket& who, std::span<const std::string> rooms);
  void leave(socket& who, std::string_view room);
  void leave_all(socket& who);

  // ---- told by sockets
  void on_socket_leaving(socket& who);  // from now on broadcasts leave it out
  void on_socket_left(socket& who);
  void on_dropped(socket& who);  // left during the middlewares
  // Of the broadcasts with acknowledgement whose home is here.
  void on_asking(const std::shared_ptr<broadcast_ack>& what) { asking_.insert(what); }
  void on_asking_ended(const std::shared_ptr<broadcast_ack>& what) { asking_.erase(what); }
  void report_invalid(const std::shared_ptr<socket>& from, const invalid_arguments& what);

  // ---- ask
  const std::string& name() const noexcept;
  nsp_group& group() const noexcept { return group_; }
  unsigned index() const noexcept { return index_; }  // of the shard
  std::shared_ptr<nsp> shared_from_this() const;      // keeps the whole group
  hub* owner() const noexcept { return hub_; }        // nullptr once the server is gone
  const std::shared_ptr<executor>& shard() const noexcept { return shard_; }
  activity& running() const noexcept { return running_; }  // of the shard
  local_adapter& rooms() noexcept { return rooms_; }
  core::recovery* recovery() const noexcept { return recovery_.get(); }  // nullptr: it is off
  socket* find(const session_id& id) const noexcept;
  const std::vector<socket*>& connected() const noexcept { return connected_; }
  std::uint64_t next_ack_id() noexcept;  // ACK-01
  // A namespace's handler that is to be called once is on every shard: true for the first.
  bool first_call(listener_id once);
  // Held by the shard while it changes who is here and in which rooms, and by any other thread
  // that reads it. The shard itself reads without.
  std::mutex& membership() noexcept { return membership_; }
  // Runs user code: its exceptions are reported, or nobody is left to hear of them.
  template <class Work>
  void guard(std::string_view where, Work&& work) noexcept {
    const activity::scope running(shard_->running_here(), {where, name()});
    try {
      work();
    } catch (...) {
      report(std::current_exception(), where);
    }
  }
  // Any thread: told on the shard, and to nobody when it has stopped.
  void report(std::exception_ptr what, std::string_view where) noexcept;

  event_listeners handlers;
  event_listeners server_side;  // of the first shard (NS-17)
  callbacks<const std::shared_ptr<socket>&> connection_listeners;
  callbacks<const std::shared_ptr<socket>&, const disconnect_reason&> disconnecting_listeners,
      disconnect_listeners;
  callbacks<const std::shared_ptr<socket>&, const invalid_arguments&> invalid_listeners;
  callbacks<std::string_view> create_room_listeners, delete_room_listeners;
  callbacks<std::string_view, std::string_view> join_room_listeners, leave_room_listeners;
  // All of the above, with those of another namespace: what is forgotten here leaks.
  template <class Visit>
  void each_list(nsp& other, Visit visit) {
    visit(handlers, other.handlers);
    visit(server_side, other.server_side);
    visit(connection_listeners, other.connection_listeners);
    visit(disconnecting_listeners, other.disconnecting_listeners);
    visit(disconnect_listeners, other.disconnect_listeners);
    visit(invalid_listeners, other.invalid_listeners);
    visit(create_room_listeners, other.create_room_listeners);
    visit(delete_room_listeners, other.delete_room_listeners);
    visit(join_room_listeners, other.join_room_listeners);
    visit(leave_room_listeners, other.leave_room_listeners);
  }
  void remove_listener(listener_id id);
  std::size_t room_count() const noexcept { return rooms_.room_count(); }
  // Acknowledgements that clients wait for and handlers still hold, to answer later. Any thread.
  std::atomic<std::int64_t> open_answers{0};

  // Decides who gets a broadcast to this namespace at this instant; nullptr: everybody whom it is
  // for. Set before the shard runs, and outlives it.
  class gate {
   public:
    virtual ~gate() = default;
    virtual bool admits(socket& to, std::span<const wire::frame> group) = 0;
  };
  gate* broadcast_gate = nullptr;

 private:
  void take_over();
  struct chain;  // the middlewares that one socket still has to pass
  void run_middleware(std::shared_ptr<chain> of);
  void on_passed(const std::shared_ptr<socket>& who);
  void on_refused(const std::shared_ptr<socket>& who, const connect_error& why);

  void clear_listeners();
  void end_asking();

  using middleware_list = std::vector<detail::namespace_middleware>;

  nsp_group& group_;
  unsigned index_;
  hub* hub_;
  std::shared_ptr<executor> shard_;
  activity& running_;  // of shard_; looked up for every event
  std::uint64_t next_ack_id_ = 0;
  std::shared_ptr<const middleware_list> middlewares_;  // replaced by each change
  local_adapter rooms_;
  std::unique_ptr<core::recovery> recovery_;
  bool begun_ = false;
  boost::unordered_flat_set<socket*> connecting_;  // in their middlewares
  std::vector<socket*> connected_;                 // each knows its index
  boost::unordered_flat_set<socket*, id_hash, same_id> by_id_;
  boost::unordered_flat_set<std::shared_ptr<broadcast_ack>> asking_;
  std::mutex membership_;
};

}  // namespace socketio::core
