// The scenarios; each runs to its end and adds what it measured to the result.

#pragma once

#include "loop.hpp"
#include "result.hpp"
#include "settings.hpp"

namespace load {

// Events with acknowledgement, a fixed number in flight on each connection.
void run_echo(event_loop& loop, const settings& settings, result& result);

// The same at a fixed rate, with latencies counted from when a message was due.
void run_rate(event_loop& loop, const settings& settings, result& result);

// One client has the server send to all, or one of each room to its room.
void run_broadcast(event_loop& loop, const settings& settings, result& result);
void run_rooms(event_loop& loop, const settings& settings, result& result);

// Connect, one echo, disconnect: over WebSocket only, or by polling and an upgrade.
void run_connect(event_loop& loop, const settings& settings, result& result);
void run_connect_upgrade(event_loop& loop, const settings& settings, result& result);

// How much memory the server keeps of many clients that came and went.
void run_cycles(event_loop& loop, const settings& settings, result& result);

// How much memory the server keeps for connections that do nothing.
void run_idle(event_loop& loop, const settings& settings, result& result);

// A fixed conversation whose transcript must be the same with every server; the basic part is what
// the floor server knows.
void run_check(event_loop& loop, const settings& settings, result& result);
void run_check_basic(event_loop& loop, const settings& settings, result& result);

}  // namespace load
