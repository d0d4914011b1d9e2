// All sockets of all namespaces, for a page that comes: of this server's shards, and by way of the
// adapters those of other servers. Each shard looks once; what it looked at and what it publishes
// afterwards arrive in this order.
#pragma once

#include "server/admin/context.hpp"
#include "server/admin/watcher.hpp"
#include "socketio/value.hpp"

#include <functional>

namespace socketio::admin {

// `done` is called once, on the shard `home`, which is the caller's: at once when there are no
// other shards and servers, and after `patience` with what was found until then. Changes of
// data are told before by `watchers`, one per shard.
void gather_sockets(const context& of, std::vector<watcher>& watchers, unsigned home,
                    std::function<void(value::array)> done,
                    milliseconds patience = milliseconds(6'000));

}  // namespace socketio::admin
