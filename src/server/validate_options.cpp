#include "server/validate_options.hpp"

#include "base/session_id.hpp"
#include "engine/cookie.hpp"
#include "net/listening_socket.hpp"
#include "net/trusted_proxies.hpp"
#include "server/prometheus.hpp"
#include "wire/socket_packet.hpp"

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

// zlib's numbers.
void zlib(const std::string& of, int level, int mem_level) {
  between((of + ".level").c_str(), level, -1, 9);
  between((of + ".mem_level").c_str(), mem_level, 1, 9);
}

void compression(const server_options& options) {
  if (const auto& http = options.http_compression) {
    zlib("http_compression", http->level, http->mem_level);
    between("http_compression.window_bits", http->window_bits, 9, 15);
    bytes("http_compression.threshold", http->threshold, 0);
  }
  if (const auto& deflate = options.per_message_deflate) {
    zlib("per_message_deflate", deflate->level, deflate->mem_level);
    between("per_message_deflate.server_max_window_bits", deflate->server_max_window_bits, 9, 15);
    between("per_message_deflate.client_max_window_bits", deflate->client_max_window_bits, 8, 15);
    bytes("per_message_deflate.threshold", deflate->threshold, 0);
    time("per_message_deflate.release_after", deflate->release_after);
  }
}

// One that the official clients keep for themselves would never reach a listener.
void event_name(const char* name, const std::string& event) {
  if (wire::is_reserved_event(event))
    refuse(std::string(name) + " is \"" + event + "\", which is a reserved event name");
}

// NaN is refused as well.
void rate(const std::string& name, double per_second, double burst) {
  if (per_second == 0 && burst > 0)
    refuse(name + ".burst is " + prometheus_number(burst) +
           " and per_second 0, which limits nothing");
  const auto text = [](double number) { return prometheus_number(number); };
  if (per_second != 0 && !(per_second >= 0.001 && per_second <= 1e9))
    refuse(name + ".per_second is " + text(per_second) + ", possible are 0 and 0.001 to 1e+09");
  if (!(burst >= 0 && burst <= std::max(1.0, per_second * 3600)))
    refuse(name + ".burst is " + text(burst) + ", possible is 0 to what an hour gives, " +
           text(std::max(1.0, per_second * 3600)));
}
void rate(const std::string& name, const rate_limit& limit) {
  rate(name, limit.per_second, limit.burst);
  if (limit.action == limit_action::refuse)
    refuse(name + ".action is refuse, which is for handshakes and connects alone");
}

void limits(const rate_limits& of) {
  rate("rate_limits.messages", of.messages);
  rate("rate_limits.bytes", of.bytes);
  rate("rate_limits.address_messages", of.address_messages);
  rate("rate_limits.address_bytes", of.address_bytes);
  rate("rate_limits.connects", of.connects.per_second, of.connects.burst);
  rate("rate_limits.handshakes", of.handshakes.per_second, of.handshakes.burst);
  for (const event_limit& one : of.events) validate_limit(one);
  number("rate_limits.addresses_max", of.addresses_max, 1);
}

// "https://example.org", without what browsers never send.
bool is_origin(std::string_view text) {
  if (text == "null") return true;
  const auto scheme = text.find("://");
  return scheme != text.npos && scheme > 0 && scheme + 3 < text.size() &&
         text.find_first_of("/?#* ", scheme + 3) == text.npos;
}

void validate_cors(const cors_options& cors) {
  for (const char c : cors.origin)
    if (c < ' ' || c == '\x7f') refuse("cors.origin has a control character");
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

void validate_recovery(const recovery_options& options) {
  time("connection_state_recovery.max_disconnection_duration", options.max_disconnection_duration);
  bytes("connection_state_recovery.log_bytes_max", options.log_bytes_max, 1024);
  number("connection_state_recovery.sessions_max", options.sessions_max, 1);
  bytes("connection_state_recovery.session_bytes_max", options.session_bytes_max, 1024);
  number("connection_state_recovery.rooms_left_max", options.rooms_left_max, 1);
}

}  // namespace

void validate_limit(const event_limit& one) {
  rate("rate_limits.events[\"" + one.event + "\"]", one.limit);
}

void validate_drain(const drain_options& how) {
  event_name("drain_options.notice_event", how.notice_event);
  time("drain_options.grace", how.grace, 0);
  time("drain_options.batch_interval", how.batch_interval);
  time("drain_options.deadline", how.deadline);
  number("drain_options.batch_size", how.batch_size, 1);
  if (!(how.jitter >= 0 && how.jitter <= 1))
    refuse("drain_options.jitter is " + prometheus_number(how.jitter) + ", possible is 0 to 1");
}

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
  if (options.connection_state_recovery) validate_recovery(*options.connection_state_recovery);
  limits(options.rate_limits);
  event_name("lagged_event", options.lagged_event);
  number("log_records_per_second_max", options.log_records_per_second_max, 0);
  number("threads", options.threads, 1, session_id::shards_max);
  compression(options);
  if (options.tls) {  // the rest is said by whoever reads the files
    time("tls.handshake_timeout", options.tls->handshake_timeout);
    number("tls.handshakes_max", options.tls->handshakes_max, 1);
  }
}

}  // namespace socketio
