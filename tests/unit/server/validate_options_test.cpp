// Options that cannot work are refused in words with numbers; all others pass.
#include "server/validate_options.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

namespace socketio {
namespace {

using std::chrono::milliseconds;

// What validate() says about the default options with a change; empty: nothing.
std::string complaint(const std::function<void(server_options&)>& change) {
  server_options options;
  change(options);
  try {
    validate(options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

TEST(ValidateOptions, sizes_have_bounds_on_both_sides) {
  EXPECT_EQ(complaint([](auto& of) { of.send_queue_bytes_max = 0; }),
            "server_options: send_queue_bytes_max is 0 bytes, at least 1 bytes is needed");
  EXPECT_EQ(complaint([](auto& of) { of.send_queue_bytes_max = SIZE_MAX; }),
            "server_options: send_queue_bytes_max is 18446744073709551615 bytes, at most "
            "2147483648 bytes is possible");
  EXPECT_NE(complaint([](auto& of) { of.max_http_buffer_size = SIZE_MAX; }), "");
  EXPECT_NE(complaint([](auto& of) { of.http_body_bytes_max = SIZE_MAX; }), "");
  EXPECT_NE(complaint([](auto& of) { of.json_depth_max = 10'001; }), "");
  EXPECT_EQ(complaint([](auto& of) { of.send_queue_bytes_max = std::size_t{1} << 31; }), "");
  EXPECT_EQ(complaint([](auto& of) { of.attachments_max = 0; }), "");
}

TEST(ValidateOptions, times_have_bounds_on_both_sides) {
  EXPECT_EQ(complaint([](auto& of) { of.ping_interval = milliseconds::max(); }),
            "server_options: ping_interval is 9223372036854775807 ms, at most 2147483647 ms is "
            "possible");
  EXPECT_EQ(complaint([](auto& of) { of.ping_timeout = milliseconds(-1); }),
            "server_options: ping_timeout is -1 ms, at least 1 ms is needed");
  EXPECT_EQ(complaint([](auto& of) { of.http_request_timeout = milliseconds(0); }),
            "server_options: http_request_timeout is 0 ms, at least 1 ms is needed");
  EXPECT_EQ(complaint([](auto& of) { of.ping_interval = milliseconds(2'147'483'647); }), "");
  EXPECT_EQ(complaint([](auto& of) { of.close_timeout = milliseconds(0); }), "");
  EXPECT_EQ(complaint([](auto& of) { of.blocked_after = milliseconds(0); }), "");
  EXPECT_EQ(complaint([](auto& of) { of.blocked_after = milliseconds(-1); }),
            "server_options: blocked_after is -1 ms, at least 0 ms is needed");
}

TEST(ValidateOptions, the_host_is_an_address_or_localhost) {
  for (const char* const host : {"0.0.0.0", "127.0.0.1", "::", "::1", "localhost"})
    EXPECT_EQ(complaint([&](auto& of) { of.host = host; }), "");
  for (const char* const host : {"", "example.org", "127.0.0", "256.0.0.1"})
    EXPECT_EQ(complaint([&](auto& of) { of.host = host; }),
              "server_options: host is \"" + std::string(host) +
                  "\", it must be an address such as \"0.0.0.0\" or \"::1\", or \"localhost\"");
}

// OP-14, OP-15
TEST(ValidateOptions, numbers_for_zlib_have_bounds) {
  const auto http = [](auto change) {
    return complaint([&](server_options& of) { change(*of.http_compression); });
  };
  EXPECT_EQ(http([](auto& of) { of.level = 10; }),
            "server_options: http_compression.level is 10, at most 9 is possible");
  EXPECT_EQ(http([](auto& of) { of.level = -2; }),
            "server_options: http_compression.level is -2, at least -1 is needed");
  EXPECT_NE(http([](auto& of) { of.mem_level = 0; }), "");
  EXPECT_NE(http([](auto& of) { of.window_bits = 8; }), "");
  EXPECT_NE(http([](auto& of) { of.threshold = SIZE_MAX; }), "");
  EXPECT_EQ(http([](auto& of) { of.threshold = 0; }), "");

  const auto deflate = [](auto change) {
    return complaint([&](server_options& of) { change(of.per_message_deflate.emplace()); });
  };
  EXPECT_EQ(
      deflate([](auto& of) { of.server_max_window_bits = 8; }),
      "server_options: per_message_deflate.server_max_window_bits is 8, at least 9 is needed");
  EXPECT_EQ(
      deflate([](auto& of) { of.client_max_window_bits = 16; }),
      "server_options: per_message_deflate.client_max_window_bits is 16, at most 15 is possible");
  EXPECT_EQ(deflate([](auto& of) { of.client_max_window_bits = 8; }), "");
  EXPECT_NE(deflate([](auto& of) { of.client_max_window_bits = 7; }), "");
  EXPECT_NE(deflate([](auto& of) { of.level = 10; }), "");
  EXPECT_NE(deflate([](auto& of) { of.mem_level = 10; }), "");
  EXPECT_NE(deflate([](auto& of) { of.threshold = SIZE_MAX; }), "");
  EXPECT_NE(deflate([](auto& of) { of.release_after = milliseconds(0); }), "");
  EXPECT_EQ(deflate([](auto&) {}), "");
  EXPECT_TRUE(server_options().http_compression);
  EXPECT_FALSE(server_options().per_message_deflate);
}

TEST(ValidateOptions, names_what_it_does_not_know) {
  EXPECT_NE(complaint([](auto& of) { of.path = "socket.io"; }), "");
  EXPECT_NE(complaint([](auto& of) { of.transports = {"telex"}; }), "");
  EXPECT_NE(complaint([](auto& of) { of.threads = 65; }), "");
  EXPECT_EQ(complaint([](auto&) {}), "");
}

}  // namespace
}  // namespace socketio
