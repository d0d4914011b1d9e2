// The adapter: who is in which room, and how a broadcast reaches everybody (RM-05, AD-*). The
// in-memory one knows the sockets of this process; those of a cluster publish to the other nodes
// and call the in-memory one for their own. Shard only.
#pragma once

#include "base/session_id.hpp"
#include "socketio/broadcast.hpp"
#include "wire/frame_variants.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

class socket;
class broadcast_ack;

struct broadcast_options {
  std::span<const std::string> rooms;   // the union; empty: everybody
  std::span<const std::string> except;  // rooms
  detail::emit_flags flags;
};

// An event as it is broadcast: the arguments encoded once, as JSON with the attachments beside it.
struct broadcast_packet {
  std::string_view arguments;  // the whole array, the event name first
  std::span<const std::span<const std::byte>> attachments;
  // When other shards send it too and connections may want it compressed.
  std::shared_ptr<wire::deflated_messages> deflated = nullptr;
};

// What recovery needs of a socket that is gone (CR-07).
struct session_snapshot {
  std::string sid, pid;
  std::vector<std::string> rooms;
  value data;
};

class adapter {
 public:
  virtual ~adapter() = default;
  virtual void init() {}
  virtual void close() {}
  virtual std::size_t server_count() const { return 1; }

  // Membership of sockets of this process.
  virtual void add_all(socket& who, std::span<const std::string> rooms) = 0;
  virtual void del(socket& who, std::string_view room) = 0;
  virtual void del_all(socket& who) = 0;
  virtual std::vector<std::string> socket_rooms(const socket& who) const = 0;
  virtual std::vector<session_id> sockets(std::span<const std::string> rooms) const = 0;

  virtual void broadcast(const broadcast_packet& packet, const broadcast_options& options) = 0;
  // Tells `answers` how many clients were asked on each server, then each answer.
  virtual void broadcast_with_ack(const broadcast_packet& packet, const broadcast_options& options,
                                  const std::shared_ptr<broadcast_ack>& answers) = 0;

  virtual void fetch_sockets(const broadcast_options& options,
                             std::function<void(std::vector<remote_socket>)> done) = 0;
  virtual void add_sockets(const broadcast_options& options,
                           std::span<const std::string> rooms) = 0;
  virtual void del_sockets(const broadcast_options& options,
                           std::span<const std::string> rooms) = 0;
  virtual void disconnect_sockets(const broadcast_options& options, bool close) = 0;

  // To the other servers; `done` gets one answer per server. Without a cluster there are none
  // (SS-03).
  virtual void server_side_emit(const broadcast_packet&,
                                std::function<void(std::error_code, std::vector<value>)> done) {
    if (done) done({}, {});
  }
  // Recovery: an adapter without a log keeps and finds nothing, as the official one.
  virtual void persist_session(session_snapshot) {}
  virtual std::optional<session_snapshot> restore_session(std::string_view /*pid*/,
                                                          std::string_view /*offset*/) {
    return std::nullopt;
  }
};

}  // namespace socketio::core
