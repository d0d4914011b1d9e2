// Which options are refused, with exactly which words, and that what lies at the limits is not.
#include "client/check_options.hpp"
#include "client_home.hpp"
#include "socketio/manager.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

namespace socketio::client_side {
namespace {

using change = std::function<void(client_options&)>;
constexpr milliseconds year = std::chrono::hours(24 * 365);

// Empty: they pass.
std::string complaint(const std::function<void()>& check) {
  try {
    check();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}
std::string complaint_of(const change& what) {
  client_options options;
  what(options);
  return complaint([&] { check_options(options); });
}

// Durations, one like the other: each is looked at.
TEST(ClientOptions, RefuseDurations) {
  struct row {
    std::string name;
    std::function<void(client_options&, milliseconds)> set;
  };
  const std::vector<row> table = {
      {"reconnection_delay", [](auto& of, auto to) { of.reconnection_delay = to; }},
      {"reconnection_delay_max", [](auto& of, auto to) { of.reconnection_delay_max = to; }},
      {"request_timeout", [](auto& of, auto to) { of.request_timeout = to; }},
      {"close_timeout", [](auto& of, auto to) { of.close_timeout = to; }},
      {"offline_buffer_age_max", [](auto& of, auto to) { of.offline_buffer_age_max = to; }},
      {"happy_eyeballs_delay", [](auto& of, auto to) { of.happy_eyeballs_delay = to; }},
      {"timeout", [](auto& of, auto to) { of.timeout = to; }},
      {"ack_timeout", [](auto& of, auto to) { of.ack_timeout = to; }},
  };
  for (const row& each : table) {
    const auto with = [&](milliseconds to) {
      return complaint_of([&](client_options& of) { each.set(of, to); });
    };
    EXPECT_EQ(with(-1ms), each.name + " is -1 ms, but must be 0 ms to a year");
    EXPECT_EQ(with(year + 1ms), each.name + " is 31536000001 ms, but must be 0 ms to a year");
    EXPECT_EQ(with(milliseconds::max()),
              each.name + " is 9223372036854775807 ms, but must be 0 ms to a year");
    for (const milliseconds fine : {0ms, 1ms, year}) EXPECT_EQ(with(fine), "") << each.name;
  }
}

TEST(ClientOptions, RefuseHeaders) {
  struct row {
    name_value_list headers;
    std::string words;
  };
  const std::string text =
      "extra_headers is the value of X-A, but must be a text without control characters";
  const std::vector<row> table = {
      {{{"fine", "\tx \xC3\xB6"}}, ""},
      {{{"X-A", "\x1B[31m"}}, text},
      {{{"X-A", "\x7F"}}, text},
      {{{"fine", "x"}, {"", "x"}}, R"(extra_headers is "", but must be names of HTTP fields)"},
      {{{"a b", "x"}}, R"(extra_headers is "a b", but must be names of HTTP fields)"},
      {{{"a:", "x"}}, R"(extra_headers is "a:", but must be names of HTTP fields)"},
      {{{"h\xC3\xB6", "x"}}, "extra_headers is \"h\xC3\xB6\", but must be names of HTTP fields"},
      {{{"X-A", "1\r\nX-B: 2"}}, text},
      {{{"X-A", "1\n"}}, text},
      {{{"X-A", std::string("1\0", 2)}}, text},
  };
  for (const row& each : table)
    EXPECT_EQ(complaint_of([&](client_options& of) { of.extra_headers = each.headers; }),
              each.words);
}

// Of libcurl: told when the manager is made, and not by its first attempt.
TEST(ClientOptions, RefuseWaysToTheServer) {
  const auto told = [](const std::string& proxy) {
    return complaint([&] {
      client_options options;
      options.proxy = proxy;
      options.auto_connect = false;
      manager io("http://127.0.0.1:1", std::move(options));
    });
  };
  const std::string allowed =
      ", but must be an URL with http, https, socks4, socks4a, socks5 or socks5h";
  EXPECT_EQ(told("sock5://localhost:1"), "proxy is \"sock5://localhost:1\"" + allowed);
  EXPECT_EQ(told("localhost:1"), "proxy is \"localhost:1\"" + allowed);
  EXPECT_EQ(told("http://"), "proxy is \"http://\"" + allowed);
  EXPECT_EQ(told("ftp://ada:secret@host:1"), "proxy is \"host:1\"" + allowed);
  for (const char* fine : {"http://localhost:1", "socks5h://ada:pw@[::1]:1", "https://a:1"})
    EXPECT_EQ(told(fine), "");
}

TEST(ClientOptions, SocketsHaveTheirs) {
  EXPECT_EQ(complaint([] { check_options(socket_options{.ack_timeout = -1ms}); }),
            "ack_timeout is -1 ms, but must be 0 ms to a year");
  EXPECT_EQ(complaint([] { check_options(socket_options{.ack_timeout = 0ms}); }), "");
}

TEST(ClientOptions, RefuseWithTheseWords) {
  struct row {
    change what;
    std::string words;
  };
  const std::string window = "per_message_deflate.";
  const std::vector<row> table = {
      {[](auto& of) { of.randomization_factor = -0.1; },
       "randomization_factor is -0.100000, but must be 0 to 1"},
      {[](auto& of) { of.randomization_factor = 1.5; },
       "randomization_factor is 1.500000, but must be 0 to 1"},
      {[](auto& of) { of.randomization_factor = std::nan(""); },
       "randomization_factor is nan, but must be 0 to 1"},
      {[](auto& of) { of.randomization_factor = std::numeric_limits<double>::infinity(); },
       "randomization_factor is inf, but must be 0 to 1"},
      {[](auto& of) {
         of.transports = {"polling", "webtransport"};
       },
       R"(transports is "webtransport", but must be "polling" or "websocket")"},
      {[](auto& of) { of.transports = {""}; },
       R"(transports is "", but must be "polling" or "websocket")"},
      {[](auto& of) { of.transports = {"WebSocket"}; },
       R"(transports is "WebSocket", but must be "polling" or "websocket")"},
      {[](auto& of) { of.message_bytes_max = 0; },
       "message_bytes_max is 0, but must be at least 1"},
      {[](auto& of) { of.json_depth_max = 0; }, "json_depth_max is 0, but must be at least 1"},
      {[](auto& of) { of.json_depth_max = 10'001; },
       "json_depth_max is 10001, but must be at most 10000"},
      {[](auto& of) { of.path = ""; }, R"(path is "", but must be a path that begins with '/')"},
      {[](auto& of) { of.path = "socket.io"; },
       R"(path is "socket.io", but must be a path that begins with '/')"},
      {[](auto& of) { of.path = "/a?b"; },
       R"(path is "/a?b", but must be a path that begins with '/')"},
      {[](auto& of) { of.path = "/a#b"; },
       R"(path is "/a#b", but must be a path that begins with '/')"},
      {[](auto& of) { of.path = "/a b"; },
       R"(path is "/a b", but must be a path that begins with '/')"},
      {[](auto& of) { of.path = "/a\nb"; },
       "path is \"/a\nb\", but must be a path that begins with '/'"},
      {[](auto& of) { of.path = "/a\x7F"; },
       "path is \"/a\x7F\", but must be a path that begins with '/'"},
      {[](auto& of) { of.timestamp_param = ""; }, R"(timestamp_param is "", but must be a name)"},
      {[](auto& of) { of.per_message_deflate->client_max_window_bits = 7; },
       window + "client_max_window_bits is 7, but must be 8 to 15"},
      {[](auto& of) { of.per_message_deflate->client_max_window_bits = 16; },
       window + "client_max_window_bits is 16, but must be 8 to 15"},
      {[](auto& of) { of.per_message_deflate->server_max_window_bits = 8; },
       window + "server_max_window_bits is 8, but must be 9 to 15"},
      {[](auto& of) { of.per_message_deflate->server_max_window_bits = 16; },
       window + "server_max_window_bits is 16, but must be 9 to 15"},
      {[](auto& of) { of.per_message_deflate->level = 10; },
       window + "level is 10, but must be -1 to 9"},
      {[](auto& of) { of.per_message_deflate->level = -2; },
       window + "level is -2, but must be -1 to 9"},
      {[](auto& of) { of.per_message_deflate->mem_level = 0; },
       window + "mem_level is 0, but must be 1 to 9"},
      {[](auto& of) { of.per_message_deflate->release_after = -1ms; },
       window + "release_after is -1 ms, but must be 0 ms to a year"},
      {[](auto& of) {
         of.protocols = {"fine", "not so"};
       },
       R"(protocols is "not so", but must be names of WebSocket sub-protocols)"},
      {[](auto& of) { of.protocols = {""}; },
       R"(protocols is "", but must be names of WebSocket sub-protocols)"},
  };
  for (const row& each : table) EXPECT_EQ(complaint_of(each.what), each.words);
}

TEST(ClientOptions, TakeWhatLiesAtTheLimits) {
  const std::vector<change> table = {
      [](auto&) {},
      [](auto& of) { of.timeout = std::nullopt; },
      [](auto& of) { of.ack_timeout = std::nullopt; },
      [](auto& of) { of.randomization_factor = 0; },
      [](auto& of) { of.randomization_factor = 1; },
      [](auto& of) {
        of.extra_headers = {{"!#$%&'*+-.^_`|~09azAZ", ""}};
      },
      [](auto& of) {
        of.extra_headers = {{"x", "\t h\xC3\xB6 "}, {"x", "twice"}};
      },
      [](auto& of) {
        of.transports = {};
      },  // an error of connecting, as the official client has it
      [](auto& of) {
        of.transports = {"websocket", "polling"};
      },
      [](auto& of) { of.message_bytes_max = 1; },
      [](auto& of) { of.message_bytes_max = std::numeric_limits<std::size_t>::max(); },
      [](auto& of) { of.json_depth_max = 1; },
      [](auto& of) { of.json_depth_max = 10'000; },
      [](auto& of) { of.path = "/"; },
      [](auto& of) { of.path = "/a/%20/h\xC3\xB6"; },
      [](auto& of) { of.timestamp_param = "x"; },
      [](auto& of) { of.per_message_deflate = std::nullopt; },
      [](auto& of) { of.per_message_deflate->client_max_window_bits = 8; },
      [](auto& of) { of.per_message_deflate->server_max_window_bits = 9; },
      [](auto& of) {
        of.reconnection_attempts = 0;
        of.offline_buffer_bytes_max = of.send_queue_bytes_max = of.receive_buffer_bytes_max = 0;
        of.pending_acks_max = of.attachments_max = of.attachment_bytes_max = 0;
      },
  };
  for (std::size_t row = 0; row < table.size(); ++row)
    EXPECT_EQ(complaint_of(table[row]), "") << row;
}

// The setters of a manager ask these.
TEST(ClientOptions, AreCheckedOneByOneToo) {
  EXPECT_EQ(complaint([] { check_delay("any name", -5ms); }),
            "any name is -5 ms, but must be 0 ms to a year");
  EXPECT_EQ(complaint([] { check_factor(2); }),
            "randomization_factor is 2.000000, but must be 0 to 1");
  EXPECT_EQ(complaint([] {
              check_headers({{"a", "b\r"}});
            }),
            "extra_headers is the value of a, but must be a text without control characters");
  EXPECT_EQ(complaint([] {
              check_transports({"websocket", "sctp"});
            }),
            R"(transports is "sctp", but must be "polling" or "websocket")");
}

}  // namespace
}  // namespace socketio::client_side
