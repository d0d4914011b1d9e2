// What the pages may do: `emit`, `join`, `leave` and `_disconnect`, each for a namespace and, with
// a filter, for a room or a socket of it.
#pragma once

#include "server/admin/context.hpp"

namespace socketio::admin {

void add_commands(const context& of);  // none when it is readonly

}  // namespace socketio::admin
