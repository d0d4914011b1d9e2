// Connection state recovery: a client that lost its connection for a moment gets its socket back,
// with id, rooms and data, and every event that it missed, once and in order (CR-01 to CR-14).
// docs/recovery.md says what it promises and what an application does when it is not possible.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace socketio {

// server_options::connection_state_recovery. log_bytes_max, sessions_max and session_bytes_max are
// budgets of one shard, which all its namespaces share: a server with `threads = n` keeps up to n
// times as much, however many namespaces there are. When one is reached, whoever holds most of it
// (but for a factor of two) gives up its oldest. All children of one parent, of(pattern), count as
// one holder there; a holder of less than half of what the largest one has never gives up anything.
struct recovery_options {
  // How long after its disconnect a client may come back. Events are kept for longer, by twice
  // ping_interval + ping_timeout: what was sent while nobody knew yet that the connection was dead.
  std::chrono::milliseconds max_disconnection_duration{120'000};
  // A client that comes back is the same one: the middlewares have let it in already.
  bool skip_middlewares = true;
  // False: missed events are sent before the CONNECT packet, as the official server does, and the
  // client hands them out before "connect". A client whose connection breaks once more between the
  // two gets some of them twice: it keeps what came before a CONNECT, and cannot tell us. True:
  // CONNECT goes first, "connect" fires before the missed events, and no event ever comes twice.
  bool replay_after_connect = false;
  // What is kept of the events, with what belongs to them. Beyond it the oldest go, and whoever
  // still needed them is not recovered (recovery_outcome::log_overflow). Of a namespace that nobody
  // is in, and nobody may come back to, nothing is kept.
  std::size_t log_bytes_max = 16 * 1024 * 1024;
  // Clients that may be expected back. Beyond it the one that has been away for the longest is
  // given up (recovery_outcome::evicted).
  std::size_t sessions_max = 100'000;
  // What is kept of these clients, above all the names of their rooms; their data() does not count.
  // Beyond it, the same.
  std::size_t session_bytes_max = 64 * 1024 * 1024;
  // Of the rooms that one socket has left and that its missed events may be for. Beyond it, what
  // happened before is forgotten (recovery_outcome::log_overflow).
  std::size_t rooms_left_max = 1'000;
};

// What became of a client's wish to go on where it was. Values are stable: they are metric labels
// and never reused.
enum class recovery_outcome : std::uint8_t {
  off = 0,        // connection_state_recovery is not set
  not_asked = 1,  // a new client: it named no session
  recovered = 2,
  unknown_session = 3,   // no session of that private id, as far as is remembered
  server_restarted = 4,  // a session of another process, or of another namespace
  expired = 5,           // it came back after max_disconnection_duration
  ended = 6,             // it had left the namespace, or was made to, or had broken the protocol
  evicted = 7,           // sessions_max or session_bytes_max was reached
  offset_gone = 8,       // an event that it may have missed is too old
  log_overflow = 9,      // the same, because log_bytes_max or rooms_left_max was reached
  bad_offset = 10,       // what it says it has received last is no offset of ours
  too_much_missed = 11,  // more than send_queue_bytes_max has room for at once
  older_client = 12,     // of Socket.IO 2, which cannot ask for its session
};
inline constexpr std::size_t recovery_outcomes = 13;

// A short snake_case name, for logs and metric labels, for example "log_overflow".
std::string_view to_string(recovery_outcome what) noexcept;

struct recovery_result {
  recovery_outcome what = recovery_outcome::off;
  // Lower case, with the values: "away for 130000 ms, the limit is 120000 ms". Empty for off and
  // not_asked.
  std::string detail;
  explicit operator bool() const noexcept { return what == recovery_outcome::recovered; }
};

}  // namespace socketio
