// What a client is told when it is made: how to reach the server, what to do when it cannot, and
// limits. Names and defaults are those of the official client (CM-05 to CM-38, CS-13 to CS-16);
// what stands below "ours" is not. Values that cannot work make the constructor of `client` or
// `manager` throw std::invalid_argument, which names the value and what was allowed.
#pragma once

#include "socketio/auth_source.hpp"
#include "socketio/client_errors.hpp"
#include "socketio/compression.hpp"
#include "socketio/dial_options.hpp"
#include "socketio/event_loop.hpp"
#include "socketio/log.hpp"
#include "socketio/parser.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio {

using name_value_list = std::vector<std::pair<std::string, std::string>>;

// Of one namespace: what manager::socket() takes.
struct socket_options {
  auth_source auth = {};
  // Above 0, each event is sent again until it was acknowledged, at most so many more times, and
  // the next one waits for that (CS-13). The server must acknowledge them all. See also
  // client_options::retry_keys.
  unsigned retries = 0;
  // For every acknowledgement that timeout() does not say it of (CS-15).
  std::optional<std::chrono::milliseconds> ack_timeout = std::nullopt;
};

struct client_options {
  // ---- the connection
  std::string path = "/socket.io";
  bool add_trailing_slash = true;
  name_value_list query = {};          // instead of what the URL says
  name_value_list extra_headers = {};  // of every request, upgrades included
  // The first one is tried first; "websocket" behind "polling" is upgraded to.
  std::vector<std::string> transports = {"polling", "websocket"};
  bool upgrade = true;
  bool remember_upgrade = false;    // begin with WebSocket where the last connection ended so
  bool try_all_transports = false;  // one after the other, before an attempt has failed
  std::optional<bool> timestamp_requests = std::nullopt;  // by default of polling only
  std::string timestamp_param = "t";
  bool force_base64 = false;
  bool with_credentials = false;            // keep cookies and send them back (CM-30)
  std::vector<std::string> protocols = {};  // WebSocket sub-protocols that are offered
  std::chrono::milliseconds request_timeout{
      0};  // of one polling request but the waiting GET; 0: none
  // permessage-deflate, with whoever agrees (CP-07). Nothing: not offered.
  std::optional<deflate_options> per_message_deflate = deflate_options{};

  // ---- reconnection
  bool reconnection = true;
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t reconnection_attempts = unlimited;  // 0: none, unlike the official client
  std::chrono::milliseconds reconnection_delay{1'000};
  std::chrono::milliseconds reconnection_delay_max{5'000};
  double randomization_factor = 0.5;  // 0 to 1
  // How long an attempt may take; nothing: as long as the system lets it.
  std::optional<std::chrono::milliseconds> timeout = std::chrono::milliseconds(20'000);
  bool auto_connect = true;  // false: nothing happens before connect()

  std::shared_ptr<const socketio::parser> parser = nullptr;  // nullptr: JSON

  // ---- of sockets, unless manager::socket() says otherwise
  auth_source auth = {};
  unsigned retries = 0;
  std::optional<std::chrono::milliseconds> ack_timeout = std::nullopt;

  // ---- ours: where it runs
  // Nothing: a thread of its own, on which callbacks run unless there is an executor.
  std::optional<event_loop> loop = std::nullopt;
  // Gets every callback, to be run once, in this order, by whatever thread; from the thread that
  // does the work of the network.
  std::function<void(std::function<void()>)> executor = nullptr;
  // What callbacks throw, and where. Without it, it is logged.
  std::function<void(std::string_view where, std::exception_ptr what)> on_exception = nullptr;

  // ---- ours: how the server is reached
  client_tls_options tls = {};
  std::string proxy = {};
  std::string local_address = {};
  std::string unix_socket = {};
  ip_family family = ip_family::any;
  std::chrono::milliseconds happy_eyeballs_delay{200};

  // ---- ours: limits
  // Events that were emitted while there was no connection, and, with retries, those that wait for
  // their turn; of each namespace. Beyond it emit() returns false.
  std::size_t offline_buffer_bytes_max = 4 * 1024 * 1024;
  // Those that are older are given up; their acknowledgements are errc::timed_out. 0: no limit. Not
  // of those with retries.
  std::chrono::milliseconds offline_buffer_age_max{0};
  // Of what the connection has not taken yet. Beyond it emit() returns false.
  std::size_t send_queue_bytes_max = 16 * 1024 * 1024;
  // Events that came before the namespace was joined, and callbacks that wait for `executor`, by
  // what they take in memory. Beyond it the connection is given up.
  std::size_t receive_buffer_bytes_max = 16 * 1024 * 1024;
  // Emits of other threads on their way to the client's own. Of a loop it is always 64 MiB.
  std::size_t posted_bytes_max = 64 * 1024 * 1024;
  std::size_t message_bytes_max = 100'000'000;     // of one message, or polling answer
  std::size_t attachments_max = 10;                // of one packet, as the official client
  std::size_t attachment_bytes_max = 100'000'000;  // of all attachments of one packet
  std::size_t json_depth_max = 256;
  std::size_t pending_acks_max = 10'000;           // of each namespace
  std::chrono::milliseconds close_timeout{2'000};  // for the last words of a connection

  // With retries: each event gets one more argument, a text that is the same for each attempt and
  // no other event, so that the server can tell what it has seen.
  bool retry_keys = false;
  // Which texts are offsets of recovery, where another adapter than the known ones has made them
  //
  std::function<bool(std::string_view)> is_offset = nullptr;

  log_sink log = {};
  log_level log_least = log_level::warning;
  std::string debug = {};
};

}  // namespace socketio
