// A client and official servers: every way to connect, what is said on the way, and what is told
// when it fails.
#include "client/journal.hpp"
#include "client/node_server.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

using namespace std::chrono_literals;

namespace socketio::test {
namespace {

// Which server, and how it is reached.
struct way {
  int version;
  std::vector<std::string> transports;
  bool upgrades;
};
void PrintTo(const way& of, std::ostream* to) {
  *to << "v" << of.version << (of.upgrades ? "_upgrade" : "_" + of.transports.front());
}
std::string name_of(const testing::TestParamInfo<way>& info) {
  return testing::PrintToString(info.param);
}

class Ways : public testing::TestWithParam<way> {
 protected:
  static value server_options() {
    return value::map({{"version", GetParam().version}, {"ping_interval", 300}});
  }
  static client_options options() {
    client_options made;
    made.transports = GetParam().transports;
    made.upgrade = GetParam().upgrades;
    made.reconnection_delay = 20ms;
    made.reconnection_delay_max = 100ms;
    return made;
  }
  // It is in, and where it wanted to be.
  static bool arrived(const client& io, journal& log) {
    return log.has("connect") && (!GetParam().upgrades || log.has("upgrade websocket")) &&
           io.connected();
  }
};

INSTANTIATE_TEST_SUITE_P(All, Ways,
                         testing::Values(way{4, {"polling"}, false}, way{4, {"websocket"}, false},
                                         way{4, {"polling", "websocket"}, true},
                                         way{3, {"polling"}, false}, way{3, {"websocket"}, false},
                                         way{3, {"polling", "websocket"}, true}),
                         name_of);

// CM-22, CM-23, CS-04, CS-07
TEST_P(Ways, ConnectsAndTalks) {
  node_server server(server_options());
  journal log;
  client io(server.url(), options());
  watch(io, log);
  watch(io.io(), log);
  io.on("message-back", [&](std::string text, int number) {
    log.note("message-back " + text + " " + std::to_string(number));
  });
  ASSERT_TRUE(arrived(io, log)) << log.text();
  EXPECT_EQ(io.id().size(), 20u);
  EXPECT_TRUE(io.active());
  io.emit("message", "hello", 7);
  EXPECT_TRUE(log.has("message-back hello 7")) << log.text();
  io.emit("echo", 1, "two", [&](std::error_code error, int one, std::string two) {
    log.note(error ? error.message() : "ack " + std::to_string(one) + " " + two);
  });
  EXPECT_TRUE(log.has("ack 1 two")) << log.text();
  EXPECT_EQ(io.io().transport(), GetParam().upgrades ? "websocket" : GetParam().transports.front());
}

// PK-07: binary both ways, nested, several at once
TEST_P(Ways, CarriesBinary) {
  node_server server(server_options());
  journal log;
  client io(server.url(), options());
  watch(io, log);
  watch(io.io(), log);
  io.on("binary", [&](binary first, value nested, binary third) {
    const auto* inner = nested["nested"].as_array()->front().as_binary();
    log.note("binary " + std::to_string(first.size()) + " " +
             std::to_string(inner ? inner->size() : 0) + " " + std::to_string(third.size()));
  });
  ASSERT_TRUE(arrived(io, log)) << log.text();
  io.emit("send-binary", 5);
  EXPECT_TRUE(log.has("binary 5 5 5")) << log.text();
  const binary bytes(std::string_view("\x00\xFF\x1E\x7F", 4));
  io.emit("echo", bytes, value::map({{"in", value(bytes)}}),
          [&](std::error_code error, binary back, value in) {
            log.note(!error && back == bytes && in["in"] == value(bytes) ? "same" : "other");
          });
  EXPECT_TRUE(log.has("same")) << log.text();
}

// What is too long for one frame header, one read, and one turn.
TEST_P(Ways, CarriesMuch) {
  node_server server(server_options());
  journal log;
  client io(server.url(), options());
  watch(io, log);
  watch(io.io(), log);
  io.on("big", [&](std::string text) { log.note("big " + std::to_string(text.size())); });
  std::atomic<int> next{0};
  io.on("many", [&](int n) {
    if (n == next) ++next;
    if (next == 2'000) log.note("all in order");
  });
  ASSERT_TRUE(arrived(io, log)) << log.text();
  io.emit("send-big", 700'000);
  EXPECT_TRUE(log.has("big 700000")) << log.text();
  io.emit("send-many", 2'000);
  EXPECT_TRUE(log.has("all in order")) << log.text();
  std::string long_text(600'000, 'y');
  io.emit("echo", long_text, [&](std::error_code, std::string back) {
    log.note(back == long_text ? "came back" : "came back wrong");
  });
  EXPECT_TRUE(log.has("came back")) << log.text();
  for (int i = 0; i < 2'000; ++i) io.emit("note", i);
  io.emit("echo", "last", [&](std::error_code, std::string) { log.note("all taken"); });
  EXPECT_TRUE(log.has("all taken")) << log.text();
}

// DM-01, CS-22
TEST_P(Ways, LeavesWhenAsked) {
  node_server server(server_options());
  journal log;
  client io(server.url(), options());
  watch(io, log);
  watch(io.io(), log);
  ASSERT_TRUE(arrived(io, log)) << log.text();
  io.disconnect();
  EXPECT_TRUE(log.has("disconnect: io client disconnect")) << log.text();
  EXPECT_EQ(*server.wait_for("disconnect")["reason"].as_string(), "client namespace disconnect");
  server.wait_for("close");
  EXPECT_FALSE(io.active());
  EXPECT_FALSE(io.connected());
  EXPECT_EQ(io.id(), "");
  io.connect();
  EXPECT_TRUE(log.has("connect", 2)) << log.text();
}

// DM-01: official servers ignore events that they read together with the DISCONNECT behind them.
TEST_P(Ways, LeavesBehindItsLastWords) {
  node_server server(server_options());
  constexpr std::size_t words = 100;
  using end = std::function<void(std::optional<client>&)>;
  const std::vector<std::pair<const char*, end>> ends = {
      {"disconnect()", [](auto& io) { io->disconnect(); }},
      {"stop()", [](auto& io) { io->stop(); }},
      {"stop(10s)", [](auto& io) { EXPECT_TRUE(io->stop(10s)); }},
      {"disconnect() and stop(10s)",
       [](auto& io) {
         io->disconnect();
         EXPECT_TRUE(io->stop(10s));
       }},
      {"destructor", [](auto& io) { io.reset(); }},
      {"stop() of a callback",
       [](auto& io) {
         io->on("echo", [&] {
           for (std::size_t i = 0; i < words; ++i) io->emit("word", i);
           io->stop();
         });
         io->emit("echo");
       }},
  };
  for (const auto& [name, how] : ends) {
    const std::size_t before = server.count("word");
    journal log;
    std::optional<client> io(std::in_place, server.url(), options());
    watch(*io, log);
    watch(io->io(), log);
    ASSERT_TRUE(arrived(*io, log)) << log.text();
    const bool of_callback = std::string_view(name).ends_with("callback");
    for (std::size_t i = 0; i < words && !of_callback; ++i) io->emit("word", i);
    how(io);
    EXPECT_EQ(*server.wait_for("disconnect")["reason"].as_string(), "client namespace disconnect");
    EXPECT_EQ(server.count("word") - before, words) << name;
  }
}

// Nobody says that the last words were read: they are sent, and the end comes in its time.
TEST(Goodbye, DoesNotWaitForPongsForEver) {
  node_server server;
  client_options options;
  options.transports = {"websocket"};
  options.close_timeout = 600ms;
  for (const bool stops : {true, false}) {
    journal log;
    client io(server.url(), options);
    io.emit("stop-pongs", [log](std::error_code) { log.note("none"); });
    ASSERT_TRUE(log.has("none"));
    io.emit("message", "last");
    const auto begin = std::chrono::steady_clock::now();
    if (stops)
      EXPECT_FALSE(io.stop(200ms)) << "nobody said so";
    else
      io.disconnect();
    server.wait_for("event", [](const value& one) { return one["event"] == value("message"); });
    EXPECT_EQ(*server.wait_for("disconnect")["reason"].as_string(), "client namespace disconnect");
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 200ms);
    server.wait_for("close");
  }
}

// DM-02, CS-23
TEST_P(Ways, IsMadeToLeave) {
  node_server server(server_options());
  journal log;
  client io(server.url(), options());
  watch(io, log);
  watch(io.io(), log);
  ASSERT_TRUE(arrived(io, log)) << log.text();
  io.emit("disconnect-me");
  EXPECT_TRUE(log.has("disconnect: io server disconnect")) << log.text();
  EXPECT_FALSE(io.active());
}

// DM-04, CS-06: the connection is closed below, and made again
TEST_P(Ways, ComesBackWhenTheConnectionIsClosed) {
  node_server server(server_options());
  journal log;
  client io(server.url(), options());
  watch(io, log);
  watch(io.io(), log);
  ASSERT_TRUE(arrived(io, log)) << log.text();
  const std::string first = io.id();
  io.emit("close-me");
  EXPECT_TRUE(log.has("disconnect: transport close")) << log.text();
  EXPECT_TRUE(log.has("reconnect 1")) << log.text();
  EXPECT_TRUE(log.has("connect", 2)) << log.text();
  EXPECT_NE(io.id(), first);
}

// DM-07, HB-07
TEST_P(Ways, NoticesThatPingsStop) {
  auto silent = server_options();
  silent["ping_timeout"] = 200;
  node_server server(silent);
  journal log;
  client io(server.url(), options());
  watch(io, log);
  watch(io.io(), log);
  ASSERT_TRUE(arrived(io, log)) << log.text();
  io.emit("stop-pings");
  EXPECT_TRUE(log.has("disconnect: ping timeout")) << log.text();
  EXPECT_TRUE(log.has("connect", 2)) << log.text();
}

// HB-08
TEST_P(Ways, AnswersPings) {
  auto eager = server_options();
  eager["ping_interval"] = 50;
  eager["ping_timeout"] = 5'000;
  node_server server(eager);
  journal log;
  client io(server.url(), options());
  watch(io, log);
  watch(io.io(), log);
  io.io().on_ping([&] { log.note("ping"); });
  EXPECT_TRUE(log.has("ping", 5)) << log.text();
  EXPECT_EQ(log.count_prefix("disconnect"), 0u) << log.text();
}

}  // namespace
}  // namespace socketio::test
