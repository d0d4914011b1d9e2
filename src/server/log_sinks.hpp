// Where records go when the application does not say: to stderr, as text. Tested by
// tests/unit/server/log_sinks_test.cpp.
#pragma once

#include "socketio/log.hpp"

namespace socketio {

// Warnings, errors and debug lines; nothing of level info. Lines of several threads do not mix.
log_sink stderr_log();
// The patterns of the environment's DEBUG are taken over, once per process.
void read_debug_environment();
std::chrono::system_clock::time_point wall_clock_now();

}  // namespace socketio
