// Refuses options that cannot work, with the value and what is allowed (validate_options.cpp), and
// turns them into those of the floors below (options_below.cpp).
#pragma once

#include "core/hub.hpp"
#include "engine/options.hpp"
#include "net/http.hpp"
#include "socketio/drain.hpp"
#include "socketio/server_options.hpp"

namespace socketio {

// Throws std::invalid_argument.
void validate(const server_options& options);
void validate_limit(const event_limit& one);
void validate_drain(const drain_options& how);

engine::options engine_options_of(const server_options& options);
core::hub_options hub_options_of(const server_options& options);
net::http_limits http_limits_of(const server_options& options);
// "/socket.io/" or, without the trailing slash, "/socket.io".
std::string path_prefix_of(const server_options& options);

}  // namespace socketio
