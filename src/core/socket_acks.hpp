// The acknowledgements that a socket waits for: each settles exactly once, with an answer, a
// timeout, or the disconnect, and is gone then. Expiry costs O(expired): every entry with a
// deadline is a node of the shard's timer wheel.
#pragma once

#include "core/broadcast_ack.hpp"
#include "core/socket.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <memory>

namespace socketio::core {

struct socket::pending_ack final : timer {
  pending_ack(socket& who, std::uint64_t ack_id) : of(who), id(ack_id) {}
  void on_expired(time_point due) override;

  socket& of;
  std::uint64_t id;
  std::unique_ptr<detail::ack_receiver> receiver;  // of an emit to this socket ...
  std::shared_ptr<broadcast_ack> broadcast;        // ... or of a broadcast
};

struct socket::ack_table {
  boost::unordered_flat_map<std::uint64_t, std::unique_ptr<pending_ack>> pending;
};

}  // namespace socketio::core
