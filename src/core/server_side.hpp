// Events from server to server (SS-01 to SS-06), on the receiving side: the handlers of
// on_server_side() run on the first shard.
#pragma once

#include "socketio/adapter.hpp"

#include <functional>

namespace socketio::core {

class nsp_group;

// `answer` is called at most once; it may be empty. Any thread.
void deliver_server_side(nsp_group& to, const broadcast_packet& what,
                         std::function<void(value)> answer);

}  // namespace socketio::core
