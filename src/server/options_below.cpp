// What the floors below get of the options.
#include "server/validate_options.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace socketio {
namespace {

constexpr engine::overflow_policy policy_of(overflow what) {
  switch (what) {
    case overflow::close: return engine::overflow_policy::close;
    case overflow::drop_newest: return engine::overflow_policy::drop_newest;
    case overflow::drop_oldest: return engine::overflow_policy::drop_oldest;
  }
  return engine::overflow_policy::close;
}

bool has(const server_options& options, std::string_view transport) {
  return std::ranges::find(options.transports, transport) != options.transports.end();
}

// A client has surely got what was sent before a ping that it answered. The last of these was sent
// no longer ago than one interval and two timeouts, when its connection is given up in time.
core::recovery_limits recovery_limits_of(const server_options& options) {
  const recovery_options& from = *options.connection_state_recovery;
  core::recovery_limits out;
  out.kept_for = from.max_disconnection_duration;
  out.certain_after = 2 * (options.ping_interval + options.ping_timeout);
  out.skip_middlewares = from.skip_middlewares;
  out.replay_after_connect = from.replay_after_connect;
  out.log_bytes_max = from.log_bytes_max;
  out.sessions_max = from.sessions_max;
  out.session_bytes_max = from.session_bytes_max;
  out.rooms_left_max = from.rooms_left_max;
  out.replay_bytes_max = options.send_queue_bytes_max;
  return out;
}

}  // namespace

engine::options engine_options_of(const server_options& options) {
  engine::options out;
  out.ping_interval = options.ping_interval;
  out.ping_timeout = options.ping_timeout;
  out.upgrade_timeout = options.upgrade_timeout;
  out.max_http_buffer_size = options.max_http_buffer_size;
  out.polling = has(options, "polling");
  out.websocket = has(options, "websocket");
  out.allow_upgrades = options.allow_upgrades;
  out.refuse_unoffered_upgrades = options.refuse_unoffered_upgrades;
  out.allowed_origins = options.allowed_origins;
  out.allow_eio3 = options.allow_eio3;
  out.initial_packet = options.initial_packet;
  out.http_compression = options.http_compression;
  out.per_message_deflate = options.per_message_deflate;
  out.queue = {options.send_queue_bytes_max, policy_of(options.send_queue_overflow)};
  return out;
}

core::hub_options hub_options_of(const server_options& options) {
  core::hub_options out;
  out.connect_timeout = options.connect_timeout;
  out.broadcast_ack_timeout = options.broadcast_ack_timeout;
  out.packets = {options.attachments_max, options.attachment_bytes_max};
  out.json_depth_max = options.json_depth_max;
  out.pending_acks_max = options.pending_acks_max;
  out.namespaces_per_client_max = options.namespaces_per_client_max;
  out.rooms_per_socket_max = options.rooms_per_socket_max;
  out.room_name_bytes_max = options.room_name_bytes_max;
  out.namespace_name_bytes_max = options.namespace_name_bytes_max;
  out.attachments_timeout = options.attachments_timeout;
  if (options.connection_state_recovery) out.recovery = recovery_limits_of(options);
  out.lagged_event = options.lagged_event;
  out.parser = options.parser;
  out.deflates = options.per_message_deflate.has_value();
  return out;
}

net::http_limits http_limits_of(const server_options& options) {
  net::http_limits out;
  out.header_bytes_max = options.http_header_bytes_max;
  out.head_timeout = options.http_head_timeout;
  out.request_timeout = options.http_request_timeout;
  out.keep_alive_timeout = options.http_keep_alive_timeout;
  return out;
}

std::string path_prefix_of(const server_options& options) {
  std::string prefix = options.path;
  if (prefix.ends_with('/')) prefix.pop_back();
  return options.add_trailing_slash ? prefix + '/' : prefix;
}

}  // namespace socketio
