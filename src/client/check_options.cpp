// See check_options.hpp. Tested by tests/unit/client/options_test.cpp.
#include "client/check_options.hpp"

#include "base/text.hpp"

#include <stdexcept>
#include <string>

namespace socketio::client_side {
namespace {

constexpr milliseconds longest = std::chrono::hours(24 * 365);

[[noreturn]] void refuse(std::string_view name, const std::string& value,
                         std::string_view allowed) {
  throw std::invalid_argument(std::string(name) + " is " + value + ", but must be " +
                              std::string(allowed));
}

void check_positive(std::string_view name, std::size_t value) {
  if (value == 0) refuse(name, "0", "at least 1");
}

bool has_control_character(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
  return false;
}

}  // namespace

void check_delay(std::string_view name, milliseconds value) {
  if (value.count() < 0 || value > longest)
    refuse(name, std::to_string(value.count()) + " ms", "0 ms to a year");
}

void check_factor(double value) {
  if (!(value >= 0 && value <= 1)) refuse("randomization_factor", std::to_string(value), "0 to 1");
}

void check_headers(const name_value_list& headers) {
  for (const auto& [name, content] : headers) {
    if (!is_token(name)) refuse("extra_headers", "\"" + name + "\"", "names of HTTP fields");
    if (!is_field_text(content))
      refuse("extra_headers", "the value of " + name, "a text without control characters");
  }
}

void check_transports(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (name != "polling" && name != "websocket")
      refuse("transports", "\"" + name + "\"", "\"polling\" or \"websocket\"");
}

void check_options(const socket_options& options) {
  if (options.ack_timeout) check_delay("ack_timeout", *options.ack_timeout);
}

namespace {

void check_between(std::string_view name, int value, int least, int most) {
  if (value < least || value > most)
    refuse(name, std::to_string(value), std::to_string(least) + " to " + std::to_string(most));
}

void check_deflate(const deflate_options& of) {
  check_between("per_message_deflate.client_max_window_bits", of.client_max_window_bits, 8, 15);
  check_between("per_message_deflate.server_max_window_bits", of.server_max_window_bits, 9, 15);
  check_between("per_message_deflate.level", of.level, -1, 9);
  check_between("per_message_deflate.mem_level", of.mem_level, 1, 9);
  check_delay("per_message_deflate.release_after", of.release_after);
}

}  // namespace

void check_options(const client_options& options) {
  check_delay("reconnection_delay", options.reconnection_delay);
  check_delay("reconnection_delay_max", options.reconnection_delay_max);
  check_delay("request_timeout", options.request_timeout);
  check_delay("close_timeout", options.close_timeout);
  check_delay("offline_buffer_age_max", options.offline_buffer_age_max);
  check_delay("happy_eyeballs_delay", options.happy_eyeballs_delay);
  if (options.timeout) check_delay("timeout", *options.timeout);
  check_options(socket_options{{}, options.retries, options.ack_timeout});
  check_factor(options.randomization_factor);
  check_headers(options.extra_headers);
  check_transports(options.transports);
  check_positive("message_bytes_max", options.message_bytes_max);
  check_positive("json_depth_max", options.json_depth_max);
  if (options.json_depth_max > 10'000)
    refuse("json_depth_max", std::to_string(options.json_depth_max), "at most 10000");
  if (options.path.empty() || options.path.front() != '/' || has_control_character(options.path) ||
      options.path.find_first_of("?# ") != std::string::npos)
    refuse("path", "\"" + options.path + "\"", "a path that begins with '/'");
  if (options.timestamp_param.empty()) refuse("timestamp_param", "\"\"", "a name");
  if (options.per_message_deflate) check_deflate(*options.per_message_deflate);
  for (const std::string& protocol : options.protocols)
    if (!is_token(protocol))
      refuse("protocols", "\"" + protocol + "\"", "names of WebSocket sub-protocols");
}

}  // namespace socketio::client_side
