// Our client against our server: over every transport, with one shard and with four, with each
// parser, compressed, sealed, recovered, over a Unix socket and over IPv6. What both sides get
// wrong alike the tests against official servers would find; here both are what users run.
#include "client/own_server.hpp"

#include "client/chaos.hpp"
#include "client/journal.hpp"
#include "socketio/parser.hpp"
#include "socketio/server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>
#ifdef SOCKETIO_TESTS_HAVE_TLS
#include "support/test_certificates.hpp"
#endif

using namespace std::chrono_literals;

// An argument that takes a while to be read.
struct slow_to_read {
  static inline std::atomic<bool> reading{false}, go_on{false};
};
template <>
struct socketio::codec<slow_to_read> {
  static bool decode(const input&, slow_to_read&) {
    slow_to_read::reading = true;
    while (!slow_to_read::go_on) std::this_thread::sleep_for(1ms);
    return true;
  }
  static void encode(output& to, const slow_to_read&) { to.null(); }
};

namespace socketio::test {
namespace {

// What both programs would include.
constexpr event<"price", std::string, double> price;
constexpr event<"add", int, int, ack<int>> add;

struct way {
  const char* name;
  std::vector<std::string> transports;
  unsigned threads;
  bool msgpack, deflate;
};

class OwnServer : public testing::TestWithParam<way> {};

void teach(own_server& at) {
  at.io.of("/").on_connection([&at](socket who) {
    who.on("echo", [who](rest all) { who.emit("echoed", all); });
    who.on(add, [](int a, int b) { return a + b; });
    who.on("join", [who](std::string room) {
      who.join(room);
      return true;
    });
    who.on("say", [&at](std::string room, std::string text) {
      at.io.of("/").to(room).emit("said", text);
    });
    who.on("ask me", [who] {
      who.emit("question", 20, [who](std::error_code why, int n) {
        if (!why) who.emit("answered", n);
      });
    });
    who.emit(price, "EURUSD", 1.5);
  });
  at.io.of("/other").on_connection([](socket who) { who.emit("welcome", who.id()); });
}

// Events, binary, acknowledgements in both directions, declared events, rooms and namespaces.
TEST_P(OwnServer, SaysAndHearsEverything) {
  const way& with = GetParam();
  server_options options{.threads = with.threads};
  if (with.msgpack) options.parser = msgpack_parser();
  if (with.deflate) options.per_message_deflate = deflate_options{.threshold = 16};
  own_server at(options);
  teach(at);
  at.start();

  auto mine = quick();
  mine.transports = with.transports;
  if (with.msgpack) mine.parser = msgpack_parser();
  journal log;
  manager io(at.url(), mine);
  const auto root = io.socket("/"), other = io.socket("/other");
  watch(root, log);
  watch(io, log);
  std::string welcome;
  other.on("welcome", [&](std::string id) {
    welcome = id;
    log.note("welcome");
  });
  root.on(price, [&](std::string name, double at_most) {
    log.note(name + ' ' + std::to_string(at_most));
  });
  root.on("echoed", [&](int n, std::string text, binary bytes, value tree) {
    log.note("echoed " + std::to_string(n) + ' ' + text + ' ' +
             std::to_string(bytes.bytes().size()) + ' ' +
             std::to_string(tree.as_object() ? tree.as_object()->size() : 0));
  });
  root.on("said", [&](std::string text) { log.note("said " + text); });
  root.on("question", [](int n) { return n + 1; });
  root.on("answered", [&](int n) { log.note("answered " + std::to_string(n)); });
  ASSERT_TRUE(log.has("connect") && log.has("EURUSD 1.500000") && log.has("welcome")) << log.text();
  EXPECT_EQ(other.id(), welcome);
  if (with.transports.size() == 2) {
    ASSERT_TRUE(log.has("upgrade websocket")) << log.text();
  }
  const std::string bytes(3'000, '\xff');
  root.emit("echo", 7, std::string(2'000, 'z') + "\xE2\x82\xAC", binary(bytes),
            value::map({{"a", 1}, {"b", value::list({2})}}));
  EXPECT_TRUE(log.has("echoed 7 " + std::string(2'000, 'z') + "\xE2\x82\xAC 3000 2")) << log.text();
  root.emit(add, 2, 3, [&](std::error_code why, int sum) {
    log.note("sum " + std::to_string(sum) + why.message());
  });
  EXPECT_TRUE(log.find("sum 5").size()) << log.text();
  root.emit("join", "room", [&](std::error_code) { log.note("joined"); });
  ASSERT_TRUE(log.has("joined"));
  root.emit("say", "room", "hello");
  EXPECT_TRUE(log.has("said hello")) << log.text();
  root.emit("ask me");
  EXPECT_TRUE(log.has("answered 21")) << log.text();
  EXPECT_EQ(io.transport(), with.transports.back());
  EXPECT_TRUE(io.stop(5s));
  EXPECT_TRUE(soon([&] { return at.io.counters().sessions == 0; }));
}

// Each event comes once and in order while the transport changes below.
TEST_P(OwnServer, LosesNothingOnTheWay) {
  const way& with = GetParam();
  server_options options{.threads = with.threads};
  if (with.msgpack) options.parser = msgpack_parser();
  own_server at(options);
  constexpr int count = 300;
  std::atomic<int> heard{0}, wrong{0};
  at.io.of("/").on_connection([&](socket who) {
    who.on("n", [&heard, &wrong, who](int n) {
      if (n != heard.fetch_add(1)) ++wrong;
      who.emit("back", n);
    });
  });
  at.start();
  auto mine = quick();
  mine.transports = with.transports;
  if (with.msgpack) mine.parser = msgpack_parser();
  journal log;
  int next = 0;
  client io(at.url(), mine);
  watch(io, log);
  watch(io.io(), log);
  io.io().on_error([&](const connect_failure& why) {
    log.note(why.description + ' ' + std::to_string(why.status));
  });
  io.on("back", [&](int n) {
    if (n != next++) log.note("wrong");
    if (next == count) log.note("all");
  });
  for (int n = 0; n < count; ++n) {
    io.emit("n", n);
    if (n % 32 == 0) std::this_thread::yield();
  }
  EXPECT_TRUE(log.has("all", 1, 10s))
      << heard << " heard, " << next << " came back over " << io.io().transport() << ", connected "
      << io.connected() << log.text();
  EXPECT_EQ(log.count("wrong"), 0u);
  EXPECT_EQ(wrong, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, OwnServer,
    testing::Values(way{"Polling", {"polling"}, 1, false, false},
                    way{"WebSocket", {"websocket"}, 1, false, false},
                    way{"Upgrade", {"polling", "websocket"}, 1, false, false},
                    way{"UpgradeOnFourShards", {"polling", "websocket"}, 4, false, false},
                    way{"PollingOnFourShards", {"polling"}, 4, false, false},
                    way{"Deflate", {"websocket"}, 1, false, true},
                    way{"MsgpackOverPolling", {"polling"}, 1, true, false},
                    way{"MsgpackUpgradeOnFourShards", {"polling", "websocket"}, 4, true, true}),
    [](const auto& one) { return std::string(one.param.name); });

// One answer to a poll may bring thousands of events: a turn hands out some of them, in order, and
// what ends the connection comes behind them.
TEST(OwnServerPolling, ALongAnswerTakesSeveralTurns) {
  constexpr int count = 5'000;
  own_server at;
  at.io.on_connection([](socket who) {
    who.on("many", [who] {
      for (int i = 0; i < count; ++i) who.emit("n", i);
      who.disconnect(true);
    });
  });
  at.start();
  event_loop loop;
  auto options = quick();
  options.transports = {"polling"};
  options.loop = loop;
  options.reconnection = false;
  client io(at.url(), options);
  int next = 0, most = 0;
  bool ended = false;
  io.on_connect([&] { io.emit("many"); });
  io.on("n", [&](int n) { EXPECT_EQ(n, next++); });
  io.on_disconnect([&](const client_disconnect&) { ended = true; });
  for (const auto end = std::chrono::steady_clock::now() + 30s;
       !ended && std::chrono::steady_clock::now() < end;) {
    const int before = next;
    loop.poll();
    most = std::max(most, next - before);
  }
  EXPECT_TRUE(ended);
  EXPECT_EQ(next, count);
  EXPECT_GE(most, 100);
  EXPECT_LE(most, 1'000);
}

// The handler does not begin any more.
TEST(OwnServerEnd, NoHandlerBeginsWhileItsArgumentsAreRead) {
  own_server at;
  at.io.on_connection([](socket who) { who.emit("x", 1); });
  at.start();
  auto began = std::make_shared<std::atomic<bool>>(false);
  auto ended = std::make_shared<std::atomic<bool>>(false);
  {
    client io(at.url(), quick());
    io.on("x", [began](slow_to_read) { *began = true; });
    io.on_any([guard = std::shared_ptr<void>(nullptr, [ended](void*) { *ended = true; })](
                  std::string_view, const values&) {});
    ASSERT_TRUE(soon([] { return slow_to_read::reading.load(); }));
  }
  slow_to_read::go_on = true;
  EXPECT_TRUE(soon([&] { return ended->load(); }));  // its listeners are gone
  EXPECT_FALSE(*began);
}

// ---- what was emitted before the end
//
// Not against official servers: those ignore what they read together with the DISCONNECT behind it,
// because they hand out events a tick later (socket.io, Socket.dispatch()).

// A server that is slow, and in what order it has heard what.
struct slow_listener {
  explicit slow_listener(std::chrono::microseconds each) {
    at.io.on_connection([this, each](socket who) {
      who.on("last-words", [this, each](int n, std::string) {
        std::this_thread::sleep_for(each);
        in_order = in_order && n == heard;
        ++heard;
      });
      who.on_disconnect([this](const disconnect_reason&) { gone = true; });
    });
    at.start();
  }
  std::atomic<int> heard{0};
  std::atomic<bool> in_order{true}, gone{false};
  own_server at;
};

// The client is gone before the server has read it.
TEST(OwnServerEnd, WhatWasEmittedArrives) {
  for (const char* transport : {"websocket", "polling"}) {
    slow_listener there(200us);
    constexpr int count = 2'000;
    auto options = quick();
    options.transports = {transport};
    {
      client io(there.at.url(), options);
      for (int i = 0; i < count; ++i) io.emit("last-words", i, std::string(1'000, 'x'));
      EXPECT_TRUE(io.stop(20s));
    }
    EXPECT_TRUE(soon([&] { return there.gone.load(); }));
    EXPECT_EQ(there.heard, count) << transport;
    EXPECT_TRUE(there.in_order);
  }
}

// An event of another thread is taken and arrives, or emit() says false: connected, and before.
TEST(OwnServerEnd, WhatOtherThreadsEmitIsTakenOrRefused) {
  for (const bool connected : {true, false}) {
    slow_listener there(100us);
    journal log;
    auto options = quick();
    options.send_queue_bytes_max = 500'000;
    options.offline_buffer_bytes_max = 300'000;
    options.transports = {"websocket"};
    options.auto_connect = connected;
    client io(there.at.url(), options);
    watch(io, log);
    ASSERT_TRUE(!connected || log.has("connect"));
    int taken = 0;
    for (int i = 0; i < 5'000; ++i) taken += io.emit("last-words", taken, std::string(1'000, 'x'));
    EXPECT_LT(taken, 5'000);
    if (!connected) {
      EXPECT_FALSE(io.emit("last-words", 0, std::string(1'000, 'x'),
                           [log](std::error_code why) { log.note(why.message()); }));
      EXPECT_TRUE(log.has(make_error_code(errc::refused).message())) << log.text();
      io.connect();
    }
    EXPECT_TRUE(io.stop(30s));
    EXPECT_TRUE(soon([&] { return there.gone.load(); }));
    EXPECT_EQ(there.heard, taken);
    EXPECT_TRUE(there.in_order);
  }
}

// ---- cookies and headers
//
// The server outlives the journal: its handlers have one of their own.

// CM-29, CM-30
TEST(OwnServerHandshake, ShowsHeadersCookiesAndAuth) {
  own_server at({.cookie = cookie_options{.name = "sticky"}});
  journal log;
  at.io.of("/").on_connection([log](socket who) {
    const auto seen = who.handshake();
    std::string cookie, mine;
    for (const auto& [name, content] : seen.headers) {
      if (name == "cookie" || name == "Cookie") cookie = content;
      if (name == "x-mine" || name == "X-Mine") mine = content;
    }
    log.note("mine " + mine);
    log.note("auth " + std::to_string(seen.auth["n"] == value(1)));
    who.emit("go");
  });
  at.io.engine();
  at.start();
  auto options = quick();
  options.extra_headers = {{"X-Mine", "yes"}};
  options.with_credentials = true;
  options.auth = value::map({{"n", 1}});
  client io(at.url(), options);
  watch(io.io(), log);
  io.on("go", [&] { log.note("go"); });
  EXPECT_TRUE(log.has("mine yes") && log.has("auth 1") && log.has("go")) << log.text();
  EXPECT_TRUE(log.has("upgrade websocket")) << log.text();
}

// CM-30: from the handshake on, in requests and in the upgrade
TEST(OwnServerHandshake, SendsCookiesBack) {
  for (const bool keeps : {true, false}) {
    own_server at({.cookie = cookie_options{.name = "sticky"}});
    journal log;
    at.io.engine().use([log](http_request& request, const http_reply&, next_fn next) {
      const bool has_cookie = request.headers["cookie"].find("sticky=") != std::string::npos;
      const bool first = request.target.find("sid=") == std::string::npos;
      if (!first) log.note(has_cookie ? "cookie" : "none");
      if (!first && request.headers.contains("upgrade"))
        log.note(has_cookie ? "upgrade with cookie" : "upgrade without");
      next();
    });
    at.start();
    auto options = quick();
    options.with_credentials = keeps;
    client io(at.url(), options);
    EXPECT_TRUE(log.has(keeps ? "upgrade with cookie" : "upgrade without")) << log.text();
    EXPECT_EQ(log.count(keeps ? "none" : "cookie"), 0u) << log.text();
    io.stop();
  }
}

// Whoever is named in the URL logs in, unless headers say otherwise.
TEST(OwnServerHandshake, KeepsTheLoginOfTheUrl) {
  own_server at;
  journal log;
  at.io.on_connection([log](socket who) {
    const auto seen = who.handshake();
    log.note("as " + std::string(seen.headers["authorization"]));
  });
  at.start();
  std::string url = at.url();
  url.insert(url.find("://") + 3, "ada:secret@");
  client io(url, quick());
  EXPECT_TRUE(log.has("as Basic YWRhOnNlY3JldA==")) << log.text();
  io.io().set_extra_headers({{"X-Other", "1"}});
  io.io().close_connection();
  EXPECT_TRUE(soon([&] { return log.count("as Basic YWRhOnNlY3JldA==") == 2; })) << log.text();
  io.io().set_extra_headers({{"authorization", "Bearer mine"}});
  io.io().close_connection();
  EXPECT_TRUE(log.has("as Bearer mine")) << log.text();
  io.stop();
}

// ---- TLS

#ifdef SOCKETIO_TESTS_HAVE_TLS
const test_authority& authority() {
  static const test_authority made;
  return made;
}

server_options sealed() {
  const auto shown = authority().issue();
  server_options options;
  options.tls.emplace();
  options.tls->certificate = shown.certificate;
  options.tls->key = shown.key;
  return options;
}

TEST(OwnServerTls, IsTrustedWhereItShouldBe) {
  own_server at(sealed());
  at.io.of("/").on_connection([](socket who) { who.emit("secure", who.handshake().secure); });
  at.start();
  auto options = quick();
  options.tls.authorities = authority().certificate();
  journal log;
  client io(at.url("https", "localhost"), options);
  watch(io, log);
  watch(io.io(), log);
  io.on("secure", [&](bool yes) { log.note(yes ? "secure" : "open"); });
  EXPECT_TRUE(log.has("secure") && log.has("upgrade websocket")) << log.text();
}

TEST(OwnServerTls, IsRefusedWhereItShouldBe) {
  own_server at(sealed());
  at.start();
  const test_authority stranger("somebody else");
  const auto cause = [&](const std::string& host, const std::string& trusted,
                         const std::vector<std::string>& pins, const char* transport) {
    auto options = quick();
    options.reconnection = false;
    options.transports = {transport};
    options.tls.authorities = trusted;
    options.tls.pinned_keys = pins;
    journal log;
    connect_cause seen{};
    client io(at.url("https", host), options);
    io.on_connect_error([&](const connect_failure& why) {
      seen = why.what;
      log.note("error");
    });
    io.on_connect([&] { log.note("error"); });
    EXPECT_TRUE(log.has("error")) << log.text();
    io.stop();
    return seen;
  };
  for (const char* transport : {"polling", "websocket"}) {
    const std::string& right = authority().certificate();
    EXPECT_EQ(cause("localhost", right, {}, transport), connect_cause::none);
    EXPECT_EQ(cause("localhost", stranger.certificate(), {}, transport), connect_cause::tls);
    EXPECT_EQ(cause("127.0.0.1", right, {}, transport), connect_cause::tls) << "another name";
    EXPECT_EQ(cause("localhost", right, {"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
                    transport),
              connect_cause::tls);
  }
}
#endif

// ---- recovery

class OwnServerRecovery : public testing::TestWithParam<bool> {};

// CR-05, CR-11: our offsets, through a network that cuts; both orders of CONNECT and missed events
TEST_P(OwnServerRecovery, CR_11_MissesNothing) {
  own_server at(
      {.connection_state_recovery = recovery_options{.replay_after_connect = GetParam()}});
  at.start();
  chaos_proxy way_there(at.io.port());
  journal log;
  std::atomic<int> next{0}, wrong{0}, not_recovered{-1};
  auto options = quick();
  client io("http://127.0.0.1:" + std::to_string(way_there.port()), options);
  watch(io, log);
  io.on_connect([&] { not_recovered += !io.recovered(); });
  io.on("n", [&](int n) {
    if (n != next) ++wrong;
    next = n + 1;
  });
  ASSERT_TRUE(log.has("connect")) << log.text();
  const std::string id = io.id();
  int sent = 0;
  for (std::size_t round = 1; round <= 6; ++round) {
    for (int i = 0; i < 20; ++i) at.io.of("/").emit("n", sent++);
    ASSERT_TRUE(soon([&] { return next > sent - 20; }));
    way_there.cut_all(round % 2);
    for (int i = 0; i < 20; ++i) at.io.of("/").emit("n", sent++);
    // Between two polls nobody notices that a connection is gone.
    ASSERT_TRUE(soon([&] { return next == sent; })) << next << ' ' << sent << log.text();
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(not_recovered, 0);
  EXPECT_EQ(io.id(), id);
}

INSTANTIATE_TEST_SUITE_P(Orders, OwnServerRecovery, testing::Bool(), [](const auto& one) {
  return std::string(one.param ? "MissedAfterConnect" : "MissedBeforeConnect");
});

}  // namespace
}  // namespace socketio::test
