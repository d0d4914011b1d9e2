// The rooms of one shard, and the in-memory adapter's work there. Rooms are flat arrays of sockets;
// each socket knows its place in each of its rooms, and each room its place in the list of each
// member. So taking a socket out of a room is O(1), whatever rooms the others are in; finding out
// whether it is in there costs a walk through the shorter of the two lists. Union and `except` need
// no temporary sets: every broadcast takes a new epoch number, and a socket that carries it has
// been seen.
//
// The room that every socket is in by its own id is implicit (docs/adr/0004): it is looked up among
// the sockets, no room object is made for it. Another socket that joins a room of that name makes a
// real one beside it; for everybody else the two are one room.
#pragma once

#include "base/session_id.hpp"
#include "core/recovery_log.hpp"
#include "socketio/adapter.hpp"
#include "wire/frame_variants.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

class broadcast_ack;
class nsp;
class socket;

struct room {
  std::string name;
  std::vector<socket*> members;
  std::vector<std::uint32_t> places;  // of this room among each member's memberships
  // With recovery: since when each is a member, a number of its log. Else empty. Whole numbers: a
  // membership may be older than any number of bits that one would like to save.
  std::vector<std::uint64_t> joined;
};

class local_adapter {
 public:
  using deflated_elsewhere = std::shared_ptr<wire::deflated_messages>;

  explicit local_adapter(nsp& of) : nsp_(of) {}

  void add_all(socket& who, std::span<const std::string> rooms);
  void del(socket& who, std::string_view room);
  void del_all(socket& who);
  std::vector<std::string> socket_rooms(const socket& who) const;
  // `deflated`: of the same event on other shards, nullptr when there are none or it is not wanted.
  // `way`: for recovery, when other shards get it, too.
  void broadcast(const broadcast_packet& packet, const broadcast_options& options,
                 const deflated_elsewhere& deflated = nullptr, const crossing& way = {});
  // Tells `answers` who was asked, then each answer.
  void broadcast_with_ack(const broadcast_packet& packet, const broadcast_options& options,
                          const std::shared_ptr<broadcast_ack>& answers,
                          const deflated_elsewhere& deflated = nullptr);
  std::vector<std::string> sockets(const broadcast_options& options) const;  // their ids
  std::vector<remote_socket> fetch_sockets(const broadcast_options& options) const;
  void add_sockets(const broadcast_options& options, std::span<const std::string> rooms);
  void del_sockets(const broadcast_options& options, std::span<const std::string> rooms);
  void disconnect_sockets(const broadcast_options& options, bool close);

  std::size_t room_size(std::string_view name) const;
  std::vector<std::string> room_names() const;
  std::size_t room_count() const noexcept { return rooms_.size(); }  // but for those of one's own

 private:
  // By their names, which stand in the rooms.
  using room_map = boost::unordered_flat_map<std::string_view, std::unique_ptr<room>,
                                             std::hash<std::string_view>>;

  void join(socket& who, const std::string& name);
  void enter(socket& who, room& target);
  void join_own(socket& who, std::string_view name);
  bool refused(socket& who, const std::string& name);
  void leave(socket& who, std::size_t membership);
  bool is_in(const socket& who, std::string_view room) const noexcept;
  socket* owner_of(
      std::string_view room) const;  // the socket whose own room this is, if it is in it
  template <class Visit>
  void each_member(std::string_view name, Visit&& visit) const;
  // Fills `targets_` with the connected sockets that the options select.
  std::vector<socket*>& select(const broadcast_options& options) const;
  std::vector<std::shared_ptr<socket>> selected(const broadcast_options& options) const;
  wire::compression compression_of(const detail::emit_flags& flags) const;
  // The frames of an event, once for everybody.
  std::vector<wire::frame> encode(const broadcast_packet& packet,
                                  std::optional<std::uint64_t> ack_id,
                                  const detail::emit_flags& flags,
                                  const deflated_elsewhere& deflated) const;

  nsp& nsp_;
  room_map rooms_;
  mutable std::uint32_t epoch_ = 0;
  mutable std::vector<socket*> targets_;  // scratch of the current broadcast
};

}  // namespace socketio::core
