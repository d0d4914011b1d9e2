#include "server/validate_options.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace socketio {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument("server_options: " + what);
}

void at_least(const char* name, long long value, long long least, const char* unit) {
  if (value < least)
    refuse(std::string(name) + " is " + std::to_string(value) + unit + ", at least " +
           std::to_string(least) + unit + " is needed");
}

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

}  // namespace

void validate(const server_options& options) {
  if (!options.path.starts_with('/'))
    refuse("path is \"" + options.path + "\", it must begin with \"/\"");
  if (options.path.find_first_of("?# ") != std::string::npos)
    refuse("path is \"" + options.path + "\", it must not contain \"?\", \"#\" or spaces");
  for (const std::string& one : options.transports)
    if (one != "polling" && one != "websocket")
      refuse("transport \"" + one + "\" is not known, there are \"polling\" and \"websocket\"");
  if (options.transports.empty())
    refuse("transports is empty, there are \"polling\" and \"websocket\"");
  at_least("connect_timeout", options.connect_timeout.count(), 1, " ms");
  at_least("ping_interval", options.ping_interval.count(), 1, " ms");
  at_least("ping_timeout", options.ping_timeout.count(), 1, " ms");
  at_least("upgrade_timeout", options.upgrade_timeout.count(), 1, " ms");
  at_least("broadcast_ack_timeout", options.broadcast_ack_timeout.count(), 1, " ms");
  at_least("http_head_timeout", options.http_head_timeout.count(), 1, " ms");
  at_least("destroy_upgrade_timeout", options.destroy_upgrade_timeout.count(), 1, " ms");
  at_least("attachments_timeout", options.attachments_timeout.count(), 1, " ms");
  at_least("close_timeout", options.close_timeout.count(), 0, " ms");
  at_least("max_http_buffer_size", static_cast<long long>(options.max_http_buffer_size), 1,
           " bytes");
  at_least("send_queue_bytes_max", static_cast<long long>(options.send_queue_bytes_max), 1,
           " bytes");
  at_least("json_depth_max", static_cast<long long>(options.json_depth_max), 1, "");
  at_least("namespaces_per_client_max", static_cast<long long>(options.namespaces_per_client_max),
           1, "");
  at_least("http_header_bytes_max", static_cast<long long>(options.http_header_bytes_max), 512,
           " bytes");
  if (options.threads != 1)
    refuse("threads is " + std::to_string(options.threads) + ", only 1 is possible for now");
}

engine::options engine_options_of(const server_options& options) {
  engine::options out;
  out.ping_interval = options.ping_interval;
  out.ping_timeout = options.ping_timeout;
  out.upgrade_timeout = options.upgrade_timeout;
  out.max_http_buffer_size = options.max_http_buffer_size;
  out.polling = has(options, "polling");
  out.websocket = has(options, "websocket");
  out.allow_upgrades = options.allow_upgrades;
  out.initial_packet = options.initial_packet;
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
  out.attachments_timeout = options.attachments_timeout;
  return out;
}

net::http_limits http_limits_of(const server_options& options) {
  net::http_limits out;
  out.header_bytes_max = options.http_header_bytes_max;
  out.head_timeout = options.http_head_timeout;
  return out;
}

std::string path_prefix_of(const server_options& options) {
  std::string prefix = options.path;
  if (prefix.ends_with('/')) prefix.pop_back();
  return options.add_trailing_slash ? prefix + '/' : prefix;
}

}  // namespace socketio
