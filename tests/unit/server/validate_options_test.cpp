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

// OP-06
TEST(ValidateOptions, recovery_is_off_or_has_sensible_limits) {
  const auto with = [](auto member, auto given) {
    return complaint([=](auto& of) { of.connection_state_recovery.emplace().*member = given; });
  };
  using recovery = recovery_options;
  EXPECT_FALSE(hub_options_of({}).recovery);
  EXPECT_EQ(complaint([](auto& of) { of.connection_state_recovery.emplace(); }), "");
  EXPECT_EQ(with(&recovery::max_disconnection_duration, milliseconds(0)),
            "server_options: connection_state_recovery.max_disconnection_duration is 0 ms, at "
            "least 1 ms is needed");
  EXPECT_EQ(with(&recovery::log_bytes_max, 1023u),
            "server_options: connection_state_recovery.log_bytes_max is 1023 bytes, at least 1024 "
            "bytes is needed");
  EXPECT_NE(with(&recovery::sessions_max, 0u), "");
  EXPECT_NE(with(&recovery::session_bytes_max, 1023u), "");
  EXPECT_NE(with(&recovery::rooms_left_max, 0u), "");
}

TEST(ValidateOptions, recovery_keeps_what_a_dead_connection_may_not_have_got) {
  server_options options;
  options.connection_state_recovery.emplace();
  const auto limits = hub_options_of(options).recovery;
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->kept_for, milliseconds(120'000));
  EXPECT_EQ(limits->certain_after, milliseconds(90'000));
  EXPECT_TRUE(limits->skip_middlewares);
  EXPECT_EQ(limits->replay_bytes_max, options.send_queue_bytes_max);
}

TEST(ValidateOptions, the_host_is_an_address_or_localhost) {
  for (const char* const host : {"0.0.0.0", "127.0.0.1", "::", "::1", "localhost", "unix:/a"})
    EXPECT_EQ(complaint([&](auto& of) { of.host = host; }), "");
  for (const char* const host : {"", "example.org", "127.0.0", "256.0.0.1", "unix:"})
    EXPECT_EQ(complaint([&](auto& of) { of.host = host; }),
              "server_options: host is \"" + std::string(host) +
                  "\", it must be an address such as \"0.0.0.0\" or \"::1\", \"localhost\", or "
                  "\"unix:/path\" of at most 107 bytes");
  EXPECT_NE(complaint([](auto& of) { of.host = "unix:/" + std::string(107, 'a'); }), "");
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
  EXPECT_NE(complaint([](auto& of) { of.namespace_name_bytes_max = 0; }), "");
  EXPECT_NE(complaint([](auto& of) { of.namespace_name_bytes_max = 4'097; }), "");
  EXPECT_EQ(complaint([](auto& of) { of.dynamic_namespaces_max = 0; }), "");
  EXPECT_EQ(complaint([](auto&) {}), "");
}

// OP-01, OP-02, OP-05, OP-08 to OP-13, OP-16, OP-17, OP-21 to OP-23: as in JavaScript.
TEST(ServerOptions, have_the_official_defaults) {
  const server_options options;
  EXPECT_EQ(options.path, "/socket.io");
  EXPECT_TRUE(options.serve_client);
  EXPECT_EQ(options.connect_timeout, milliseconds(45'000));
  EXPECT_EQ(options.ping_interval, milliseconds(25'000));
  EXPECT_EQ(options.ping_timeout, milliseconds(20'000));
  EXPECT_EQ(options.upgrade_timeout, milliseconds(10'000));
  EXPECT_EQ(options.max_http_buffer_size, 1'000'000u);
  EXPECT_EQ(options.transports, (std::vector<std::string>{"polling", "websocket"}));
  EXPECT_TRUE(options.allow_upgrades);
  EXPECT_FALSE(options.cors);
  EXPECT_FALSE(options.cookie);
  EXPECT_EQ(options.initial_packet, "");
  EXPECT_TRUE(options.destroy_upgrade);
  EXPECT_EQ(options.destroy_upgrade_timeout, milliseconds(1'000));
  EXPECT_TRUE(options.add_trailing_slash);
  const cookie_options cookie;
  EXPECT_EQ(cookie.name + cookie.path, "io/");
  EXPECT_TRUE(cookie.http_only);
  EXPECT_EQ(cookie.same_site, same_site::lax);
}

// What is ours and would change who may come is off.
TEST(ServerOptions, limit_nobody_unless_asked) {
  const server_options options;
  EXPECT_TRUE(options.allowed_origins.empty());
  EXPECT_FALSE(options.refuse_unoffered_upgrades);
  EXPECT_TRUE(options.trusted_proxies.empty());
  EXPECT_EQ(options.max_connections_per_address, 0u);
  EXPECT_EQ(options.max_http_connections_per_address, 0u);
  EXPECT_EQ(options.http_keep_alive_timeout, milliseconds(65'000));
}

// in JavaScript a zero is silently replaced by the default.
TEST(ValidateOptions, a_zero_is_a_zero) {
  EXPECT_EQ(complaint([](auto& of) { of.connect_timeout = milliseconds(0); }),
            "server_options: connect_timeout is 0 ms, at least 1 ms is needed");
  EXPECT_EQ(complaint([](auto& of) { of.destroy_upgrade_timeout = milliseconds(0); }),
            "server_options: destroy_upgrade_timeout is 0 ms, at least 1 ms is needed");
  EXPECT_EQ(complaint([](auto& of) { of.http_keep_alive_timeout = milliseconds(0); }),
            "server_options: http_keep_alive_timeout is 0 ms, at least 1 ms is needed");
}

TEST(ValidateOptions, every_time_and_size_has_a_least) {
  const auto refused = [](const std::function<void(server_options&)>& change) {
    return !complaint(change).empty();
  };
  EXPECT_TRUE(refused([](auto& of) { of.ping_interval = milliseconds(0); }));
  EXPECT_TRUE(refused([](auto& of) { of.ping_timeout = milliseconds(0); }));
  EXPECT_TRUE(refused([](auto& of) { of.upgrade_timeout = milliseconds(0); }));
  EXPECT_TRUE(refused([](auto& of) { of.broadcast_ack_timeout = milliseconds(0); }));
  EXPECT_TRUE(refused([](auto& of) { of.http_head_timeout = milliseconds(0); }));
  EXPECT_TRUE(refused([](auto& of) { of.attachments_timeout = milliseconds(0); }));
  EXPECT_TRUE(refused([](auto& of) { of.close_timeout = milliseconds(-1); }));
  EXPECT_TRUE(refused([](auto& of) { of.max_http_buffer_size = 0; }));
  EXPECT_TRUE(refused([](auto& of) { of.http_header_bytes_max = 511; }));
  EXPECT_TRUE(refused([](auto& of) { of.json_depth_max = 0; }));
  EXPECT_TRUE(refused([](auto& of) { of.namespaces_per_client_max = 0; }));
  EXPECT_TRUE(refused([](auto& of) { of.room_name_bytes_max = 19; }));
  EXPECT_TRUE(refused([](auto& of) { of.threads = 0; }));
  EXPECT_TRUE(refused([](auto& of) { of.transports = {}; }));
  EXPECT_TRUE(refused([](auto& of) { of.path = "/a?b"; }));
  EXPECT_TRUE(refused([](auto& of) { of.max_connections_per_address = SIZE_MAX; }));
}

//
TEST(ValidateOptions, origins_are_what_browsers_send) {
  const auto with = [](const char* origin) {
    return complaint([&](auto& of) { of.allowed_origins = {origin}; });
  };
  for (const char* const good :
       {"https://example.org", "http://localhost:8080", "null", "app://mine", "http://[::1]:80"})
    EXPECT_EQ(with(good), "") << good;
  for (const char* const bad : {"", "*", "example.org", "https://example.org/", "https://", "://a",
                                "https://*.example.org", "https://a b"})
    EXPECT_NE(with(bad), "") << bad;
  EXPECT_EQ(with("https://example.org/"),
            "server_options: allowed_origins has \"https://example.org/\", an origin is like "
            "\"https://example.org\" or \"http://localhost:8080\"");
}

// OP-16, OP-17, Q-26
TEST(ValidateOptions, what_contradicts_itself_is_named) {
  const auto cors = [](const std::function<void(cors_options&)>& change) {
    return complaint([&](auto& of) { change(of.cors.emplace()); });
  };
  EXPECT_EQ(cors([](auto&) {}), "");
  EXPECT_EQ(cors([](auto& of) { of.credentials = true; }),
            "server_options: cors.credentials with cors.origin \"*\", browsers refuse it; name the "
            "origins");
  EXPECT_EQ(cors([](auto& of) { of.credentials = of.reflect = true; }), "");
  EXPECT_NE(cors([](auto& of) { of.options_success_status = 404; }), "");
  EXPECT_NE(cors([](auto& of) { of.max_age_seconds = -2; }), "");
  EXPECT_EQ(complaint([](auto& of) { of.cookie.emplace().name = ""; }),
            "server_options: cookie.name is \"\", it must be a token");
  EXPECT_EQ(cors([](auto& of) { of.origin = "a\r\nb"; }),
            "server_options: cors.origin has a control character");
  EXPECT_EQ(complaint([](auto& of) { of.lagged_event = "connect"; }),
            "server_options: lagged_event is \"connect\", which is a reserved event name");
  EXPECT_EQ(
      complaint([](auto& of) { of.rate_limits.messages.burst = 5; }),
      "server_options: rate_limits.messages.burst is 5 and per_second 0, which limits nothing");
  EXPECT_NE(complaint([](auto& of) { of.refuse_unoffered_upgrades = true; }), "");
  EXPECT_NE(complaint([](auto& of) { of.unix_socket_mode = 01777; }), "");
  EXPECT_EQ(complaint([](auto& of) { of.trusted_proxies = {"10.0.0.1/8"}; }),
            "server_options: trusted_proxies has \"10.0.0.1/8\", it must be an address, a network "
            "such as \"10.0.0.0/8\", or \"unix:\"");
}

}  // namespace
}  // namespace socketio
