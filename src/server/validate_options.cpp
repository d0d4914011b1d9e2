#include "server/validate_options.hpp"

#include "base/session_id.hpp"
#include "engine/cookie.hpp"
#include "net/listening_socket.hpp"
#include "net/trusted_proxies.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace socketio {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument("server_options: " + what);
}

template <class T>
void between(const char* name, T value, std::type_identity_t<T> least, std::type_identity_t<T> most,
             const char* unit = "") {
  const auto with_unit = [unit](T number) { return std::to_string(number) + unit; };
  if (value < least)
    refuse(std::string(name) + " is " + with_unit(value) + ", at least " + with_unit(least) +
           " is needed");
  if (value > most)
    refuse(std::string(name) + " is " + with_unit(value) + ", at most " + with_unit(most) +
           " is possible");
}

// The timers of the clients end there too: JavaScript takes a longer delay for none at all.
void time(const char* name, std::chrono::milliseconds value, int least = 1) {
  between(name, value.count(), least, 2'147'483'647, " ms");
}
// A pebibyte is more than anybody has, and sums of a few stay far away from the end of the numbers.
void bytes(const char* name, std::size_t value, std::size_t least = 1,
           std::size_t most = std::size_t{1} << 50) {
  between(name, value, least, most, " bytes");
}
void number(const char* name, std::size_t value, std::size_t least,
            std::size_t most = 2'147'483'647) {
  between(name, value, least, most);
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

// "https://example.org", without what browsers never send.
bool is_origin(std::string_view text) {
  if (text == "null") return true;
  const auto scheme = text.find("://");
  return scheme != text.npos && scheme > 0 && scheme + 3 < text.size() &&
         text.find_first_of("/?#* ", scheme + 3) == text.npos;
}

void validate_cors(const cors_options& cors) {
  if (cors.options_success_status < 200 || cors.options_success_status > 299)
    refuse("cors.options_success_status is " + std::to_string(cors.options_success_status) +
           ", possible are 200 to 299");
  if (cors.credentials && !cors.allow && !cors.delegate && !cors.reflect && cors.origins.empty() &&
      cors.origin == "*")
    refuse("cors.credentials with cors.origin \"*\", browsers refuse it; name the origins");
  if (cors.max_age_seconds && *cors.max_age_seconds < -1)
    refuse("cors.max_age_seconds is " + std::to_string(*cors.max_age_seconds) +
           ", at least -1 is needed");
}

void validate_surface(const server_options& options) {
  time("http_keep_alive_timeout", options.http_keep_alive_timeout);
  number("max_connections_per_address", options.max_connections_per_address, 0);
  number("max_http_connections_per_address", options.max_http_connections_per_address, 0);
  for (const std::string& one : options.allowed_origins)
    if (!is_origin(one))
      refuse("allowed_origins has \"" + one +
             "\", an origin is like \"https://example.org\" or \"http://localhost:8080\"");
  if (options.unix_socket_mode && *options.unix_socket_mode > 0777)
    refuse("unix_socket_mode is " + std::to_string(*options.unix_socket_mode) +
           ", it is made of permissions such as 0660");
  if (options.refuse_unoffered_upgrades && options.allow_upgrades)
    refuse("refuse_unoffered_upgrades is set, it needs allow_upgrades = false");
  if (options.cors) validate_cors(*options.cors);
  if (options.cookie)
    if (const std::string why = engine::complaint_about(*options.cookie); !why.empty()) refuse(why);
  try {
    static_cast<void>(net::trusted_proxies(options.trusted_proxies, options.trusted_proxy_header));
  } catch (const std::invalid_argument& why) {
    refuse(why.what());
  }
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
  if (!net::listen_address::of(options.host, options.port).is_bindable())
    refuse("host is \"" + options.host +
           "\", it must be an address such as \"0.0.0.0\" or \"::1\", \"localhost\", or "
           "\"unix:/path\" of at most 107 bytes");
  validate_surface(options);
  time("connect_timeout", options.connect_timeout);
  time("ping_interval", options.ping_interval);
  time("ping_timeout", options.ping_timeout);
  time("upgrade_timeout", options.upgrade_timeout);
  time("broadcast_ack_timeout", options.broadcast_ack_timeout);
  time("http_head_timeout", options.http_head_timeout);
  time("http_request_timeout", options.http_request_timeout);
  time("destroy_upgrade_timeout", options.destroy_upgrade_timeout);
  time("attachments_timeout", options.attachments_timeout);
  time("close_timeout", options.close_timeout, 0);
  time("blocked_after", options.blocked_after, 0);
  bytes("max_http_buffer_size", options.max_http_buffer_size);
  bytes("send_queue_bytes_max", options.send_queue_bytes_max, 1, engine::queue_bytes_max_max);
  bytes("posted_bytes_max", options.posted_bytes_max, 0);
  bytes("attachment_bytes_max", options.attachment_bytes_max, 0);
  bytes("http_header_bytes_max", options.http_header_bytes_max, 512);
  bytes("http_body_bytes_max", options.http_body_bytes_max, 0);
  number("attachments_max", options.attachments_max, 0);
  number("json_depth_max", options.json_depth_max, 1, 10'000);  // values are read recursively
  number("pending_acks_max", options.pending_acks_max, 0);
  number("namespaces_per_client_max", options.namespaces_per_client_max, 1);
  number("rooms_per_socket_max", options.rooms_per_socket_max, 0);
  number("room_name_bytes_max", options.room_name_bytes_max, 20);  // an id is a room
  number("dynamic_namespaces_max", options.dynamic_namespaces_max, 0);
  number("namespace_name_bytes_max", options.namespace_name_bytes_max, 1, 4'096);
  number("threads", options.threads, 1, session_id::shards_max);
  if (options.tls) {  // the rest is said by whoever reads the files
    time("tls.handshake_timeout", options.tls->handshake_timeout);
    number("tls.handshakes_max", options.tls->handshakes_max, 1);
  }
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
  out.refuse_unoffered_upgrades = options.refuse_unoffered_upgrades;
  out.allowed_origins = options.allowed_origins;
  out.allow_eio3 = options.allow_eio3;
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
  out.namespace_name_bytes_max = options.namespace_name_bytes_max;
  out.attachments_timeout = options.attachments_timeout;
  out.parser = options.parser;
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
