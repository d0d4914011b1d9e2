// Development mode on one shard: tells the pages of every socket, room and event. Listeners like
// those of the application do it, so that a server without it pays nothing. Shard only.
#pragma once

#include "server/admin/context.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace socketio::admin {

class watcher {
 public:
  watcher(const context& of, unsigned shard) : of_(of), hub_(*of.hubs[shard]) {}

  // Before the first socket of this part joins.
  void begin(core::nsp& part);
  void on_upgraded(core::client& who);
  // JS differs: @socket.io/admin-ui 0.5.1 turns data into a proxy that tells of each change. Here
  // somebody has to look: every two seconds, and before a page is told of all sockets.
  void look_at_data();

 private:
  void on_connected(const std::shared_ptr<core::socket>& who);
  void tell_event(std::string_view what, core::socket& who, std::string_view event,
                  const values& arguments) const;
  void tell_left(core::nsp& part, std::string_view room, std::string_view id) const;
  std::string now() const;

  const context& of_;
  core::hub& hub_;
  // What was last known of the sockets that have data, by hashes.
  std::unordered_map<session_id, std::size_t, core::id_hash> data_;
  bool data_known_ = false;
};

}  // namespace socketio::admin
