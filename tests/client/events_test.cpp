// What a socket does with events, acknowledgements and namespaces, against official servers: the
// rows CS-*, ACK-* and VO-03 by their names.
#include "client/journal.hpp"
#include "client/node_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

using namespace std::chrono_literals;

namespace socketio::test {
namespace {

value version(int which) { return value::map({{"version", which}}); }

client_options quick() {
  client_options made;
  made.reconnection_delay = 20ms;
  made.reconnection_delay_max = 100ms;
  return made;
}

class Versions : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(All, Versions, testing::Values(4, 3),
                         [](const auto& each) { return "v" + std::to_string(each.param); });

// CS-10, CS-04, CS-27: in order, before the "connect" event, and what that emits comes behind.
TEST_P(Versions, CS_10_SendsWhatWasEmittedOffline) {
  node_server server(version(GetParam()));
  journal log;
  auto options = quick();
  options.auto_connect = false;
  client io(server.url(), options);
  watch(io, log);
  io.on_any_outgoing([&](std::string_view name, const values& arguments) {
    log.note("out " + std::string(name) + " " + arguments.front().to_string());
  });
  io.on("message-back", [&](int n) { log.note("back " + std::to_string(n)); });
  io.on_connect([&] { io.emit("message", 3); });
  EXPECT_TRUE(io.emit("message", 1));
  EXPECT_TRUE(io.emit("message", 2));
  EXPECT_TRUE(soon([&] { return io.buffered().size() == 2; }));
  const auto waiting = io.buffered();
  ASSERT_EQ(waiting.size(), 2u);
  EXPECT_EQ(waiting[0].name, "message");
  EXPECT_EQ(waiting[0].arguments, values{value(1)});
  EXPECT_GT(io.buffered_bytes(), 0u);
  io.connect();
  ASSERT_TRUE(log.has("back 3")) << log.text();
  const std::vector<std::string> begin = {
      "out message 1", "out message 2", "connect", "out message 3", "back 1", "back 2", "back 3"};
  EXPECT_EQ(log.lines(), begin);
  EXPECT_EQ(io.buffered_bytes(), 0u);
}

// CS-10 with a limit: what does not fit is refused, and its acknowledgement says so.
TEST(Events, RefusesWhatTheOfflineBufferHasNoRoomFor) {
  auto options = quick();
  options.auto_connect = false;
  options.offline_buffer_bytes_max = 2'000;
  journal log;
  client io("http://127.0.0.1:1", options);
  for (int i = 0; i < 10; ++i)
    io.emit("fill", std::string(400, 'x'), [&](std::error_code error, value) {
      log.note(error == errc::refused ? "refused" : "other");
    });
  EXPECT_TRUE(log.has("refused", 7)) << log.text();
  EXPECT_LE(io.buffered_bytes(), 2'000u);
  io.clear_buffer();
  EXPECT_TRUE(log.has("refused", 10)) << log.text();
  EXPECT_EQ(io.buffered().size(), 0u);
}

TEST(Events, GivesUpWhatWaitedForTooLong) {
  auto options = quick();
  options.auto_connect = false;
  options.offline_buffer_age_max = 50ms;
  journal log;
  client io("http://127.0.0.1:1", options);
  io.emit("old", [&](std::error_code error) { log.note(error.message()); });
  EXPECT_TRUE(log.has("operation has timed out")) << log.text();
  EXPECT_EQ(io.buffered().size(), 0u);
}

// ACK-13: no answer, no connection: the event leaves the buffer.
TEST(Events, ACK_13_TimesOutWhileOffline) {
  auto options = quick();
  options.auto_connect = false;
  journal log;
  client io("http://127.0.0.1:1", options);
  io.timeout(30ms).emit("question", [&](std::error_code error) { log.note(error.message()); });
  EXPECT_TRUE(log.has("operation has timed out")) << log.text();
  EXPECT_EQ(io.buffered().size(), 0u);
}

// ACK-05, ACK-02, ACK-04, CS-15 to CS-17
TEST_P(Versions, ACK_05_SettlesEachAcknowledgementOnce) {
  node_server server(version(GetParam()));
  journal log;
  auto options = quick();
  options.ack_timeout = 200ms;
  client io(server.url(), options);
  const auto told = [&](std::string what) {
    return [&log, what](std::error_code error, value first) {
      log.note(what + ": " + (error ? error.message() : first.to_string()));
    };
  };
  watch(io, log);
  ASSERT_TRUE(log.has("connect")) << log.text();
  io.emit("never-ack", told("never"));
  io.timeout(10s).emit("late-ack", 400, "late", told("late"));
  io.emit("ack-twice", 1, told("twice"));
  io.emit("ack-unknown");
  io.emit("echo", "x", [&](result<std::string> answer) { log.note("result: " + *answer); });
  io.emit("echo", "text",
          [&](std::error_code error, int) { log.note("fits: " + error.message()); });
  EXPECT_TRUE(log.has("never: operation has timed out")) << log.text();
  EXPECT_TRUE(log.has("late: \"late\"")) << log.text();
  EXPECT_TRUE(log.has("twice: 1")) << log.text();
  EXPECT_TRUE(log.has("result: x")) << log.text();
  EXPECT_TRUE(log.has("fits: the acknowledgement does not fit the expected type")) << log.text();
  std::atomic<bool> last = false;
  io.emit("echo", [&](std::error_code) { log.note("last"); });
  EXPECT_TRUE(log.has("last")) << log.text();
  EXPECT_EQ(log.count("twice: 1"), 1u);
  EXPECT_EQ(log.count_prefix("never"), 1u);
}

// ACK-12
TEST_P(Versions, ACK_12_TellsThatTheConnectionIsGone) {
  node_server server(version(GetParam()));
  journal log;
  client io(server.url(), quick());
  watch(io, log);
  ASSERT_TRUE(log.has("connect")) << log.text();
  io.emit("never-ack", [&](std::error_code error, value) { log.note("ack " + error.message()); });
  io.emit("never-ack", [&](value) { log.note("an answer that never came"); });
  io.emit("close-me");
  EXPECT_TRUE(log.has("ack socket has been disconnected")) << log.text();
  EXPECT_TRUE(log.has("connect", 2)) << log.text();
  EXPECT_EQ(log.count_prefix("an answer"), 0u);
  const auto lines = log.lines();
  const auto disconnect = std::ranges::find(lines, "disconnect: transport close");
  EXPECT_LT(disconnect, std::ranges::find(lines, "ack socket has been disconnected"));
}

// The server asks us.
TEST_P(Versions, AnswersQuestions) {
  node_server server(version(GetParam()));
  journal log;
  client io(server.url(), quick());
  watch(io, log);
  io.on("question", [](int a, int b) { return a + b; });
  io.on("answered", [&](int sum) { log.note("answered " + std::to_string(sum)); });
  ASSERT_TRUE(log.has("connect")) << log.text();
  io.emit("ask-me", 3, 4);
  EXPECT_TRUE(log.has("answered 7")) << log.text();
  io.off("question");
  ack<std::string> kept;
  io.on("question", [&](std::string, ack<std::string> answer) {
    kept = answer;
    log.note("asked");
  });
  io.off("answered");
  io.on("answered", [&](value what) { log.note("answered " + what.to_string()); });
  io.emit("ask-me", "later");
  ASSERT_TRUE(log.has("asked")) << log.text();
  kept("from elsewhere");
  EXPECT_TRUE(log.has("answered \"from elsewhere\"")) << log.text();
  io.emit("ask-me", 5);  // no text: the handler is not called
  EXPECT_TRUE(log.find("answered {\"error\":{\"code\":\"invalid_arguments\"").size()) << log.text();
}

task<void> converse(client_socket io, journal& log) {
  const auto answer = co_await io.timeout(10s).emit_with_ack<std::string>("echo", "one");
  log.note("one " + answer.value_or("?"));
  const auto both = co_await io.emit_with_ack<std::tuple<int, std::string>>("echo", 2, "two");
  log.note("both " + std::to_string(std::get<0>(*both)) + std::get<1>(*both));
  const auto late = co_await io.timeout(20ms).emit_with_ack<int>("never-ack");
  log.note("late " + late.error().message());
}

TEST_P(Versions, CS_17_CanBeAwaited) {
  node_server server(version(GetParam()));
  journal log;
  client io(server.url(), quick());
  io.on("go", [&io, &log](int) -> task<void> { co_await converse(io, log); });
  io.on("auth", [&](value) -> task<void> { co_await converse(io, log); });
  EXPECT_TRUE(log.has("one one")) << log.text();
  EXPECT_TRUE(log.has("both 2two")) << log.text();
  EXPECT_TRUE(log.has("late operation has timed out")) << log.text();
}

// CS-08b, CS-02, CS-09, CS-03
TEST_P(Versions, CS_08_IsRefusedByANamespace) {
  node_server server(version(GetParam()));
  journal log;
  std::atomic<int> asked{0};
  auto options = quick();
  options.auth = [&asked] { return value::map({{"token", ++asked == 1 ? "wrong" : "secret"}}); };
  client io(server.url("/admin"), options);
  connect_failure seen;
  io.on_connect_error([&](const connect_failure& why) {
    seen = why;
    log.note(std::string("active ") + (io.active() ? "true" : "false"));
  });
  watch(io, log);
  ASSERT_TRUE(log.has("connect_error: not authorized")) << log.text();
  EXPECT_TRUE(log.has("active false"));
  EXPECT_EQ(seen.what, connect_cause::refused);
  EXPECT_EQ(seen.data["code"], value("E401"));
  EXPECT_EQ(seen.data["tries"], value(3));
  server.wait_for("close");  // CS-09: nobody uses the connection
  io.connect();
  EXPECT_TRUE(log.has("connect")) << log.text();
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(log.count_prefix("connect_error"), 1u);
}

TEST_P(Versions, CS_08_IsToldThatThereIsNoSuchNamespace) {
  node_server server(version(GetParam()));
  journal log;
  client io(server.url("/nowhere"), quick());
  watch(io, log);
  EXPECT_TRUE(log.has("connect_error: Invalid namespace")) << log.text();
}

// CS-25, CM-04, CM-20: one connection, however many namespaces
TEST_P(Versions, CS_25_NamespacesShareAConnection) {
  node_server server(version(GetParam()));
  journal log;
  manager io(server.url(), quick());
  watch(io, log);
  auto main = io.socket("/");
  auto custom = io.socket("custom");
  auto admin = io.socket("/admin", {.auth = value::map({{"token", "secret"}})});
  watch(main, log, "/");
  watch(custom, log, "/custom");
  watch(admin, log, "/admin");
  ASSERT_TRUE(log.has("/ connect") && log.has("/custom connect") && log.has("/admin connect"))
      << log.text();
  EXPECT_EQ(*server.command("stats")["sessions"].as_integer(), 1);
  EXPECT_TRUE(io.socket("/custom") == custom);
  admin.disconnect();
  EXPECT_TRUE(log.has("/admin disconnect: io client disconnect")) << log.text();
  EXPECT_TRUE(main.connected());
  main.emit("close-me");
  EXPECT_TRUE(log.has("/ disconnect: transport close")) << log.text();
  EXPECT_TRUE(log.has("/custom disconnect: transport close")) << log.text();
  EXPECT_TRUE(log.has("/ connect", 2) && log.has("/custom connect", 2)) << log.text();
  EXPECT_EQ(log.count("/admin connect"), 1u);
  main.disconnect();
  custom.disconnect();
  EXPECT_TRUE(log.has("close: forced close")) << log.text();
}

// CM-15
TEST_P(Versions, CM_15_ShowsPackets) {
  node_server server(version(GetParam()));
  journal log;
  auto options = quick();
  options.auto_connect = false;
  manager io(server.url(), options);
  io.on_packet([&](packet_type type, std::string_view nsp) {
    log.note(std::to_string(static_cast<int>(type)) + std::string(nsp));
  });
  io.socket("/custom").connect();
  EXPECT_TRUE(log.has("0/custom") && log.has("2/custom")) << log.text();
}

// CS-20, CS-21
TEST_P(Versions, CS_20_CallsCatchAllsAndOnlyWhoListens) {
  node_server server(version(GetParam()));
  journal log;
  client io(server.url(), quick());
  watch(io, log);
  io.on_any([&](std::string_view name, const values&) { log.note("any " + std::string(name)); });
  io.prepend_any(
      [&](std::string_view name, const values&) { log.note("first any " + std::string(name)); });
  io.once("message-back", [&](int) { log.note("once"); });
  const auto second = io.on("message-back", [&](int n) { log.note("on " + std::to_string(n)); });
  io.prepend("message-back", [&] { log.note("first"); });
  io.on("message-back", [&](const client_socket& self) { log.note("self " + self.nsp_name()); });
  ASSERT_TRUE(log.has("connect") && log.has("any auth")) << log.text();
  log.clear();
  io.emit("message", 1);
  ASSERT_TRUE(log.has("self /")) << log.text();
  const std::vector<std::string> all = {
      "first any message-back", "any message-back", "first", "once", "on 1", "self /"};
  EXPECT_EQ(log.lines(), all);
  EXPECT_EQ(io.listener_count("message-back"), 3u);
  EXPECT_EQ(io.listeners_any(), 2u);
  io.off(second);
  io.off_any();
  log.clear();
  io.emit("message", 2);
  ASSERT_TRUE(log.has("self /")) << log.text();
  EXPECT_EQ(log.lines(), (std::vector<std::string>{"first", "self /"}));
  io.off();
  EXPECT_FALSE(io.has_listeners("message-back"));
}

// CS-11
TEST(Events, CS_11_RefusesReservedNames) {
  auto options = quick();
  options.auto_connect = false;
  client io("http://127.0.0.1:1", options);
  EXPECT_THROW(io.emit("connect"), std::invalid_argument);
  EXPECT_THROW(io.emit("disconnecting", 1), std::invalid_argument);
  EXPECT_THROW(io.on("connect", [] {}), std::invalid_argument);
  EXPECT_THROW(io.on("connect_error", [] {}), std::invalid_argument);
}

// VO-03, Q-20
TEST_P(Versions, VO_03_DropsVolatileEventsThatCannotLeave) {
  node_server server(version(GetParam()));
  journal log;
  auto options = quick();
  options.auto_connect = false;
  client io(server.url(), options);
  io.volatile_().emit("message", 1, [&](std::error_code error, value) {
    log.note(error == errc::refused ? "refused" : "other");
  });
  EXPECT_TRUE(log.has("refused")) << log.text();
  io.on("message-back", [&](int n) { log.note("back " + std::to_string(n)); });
  watch(io, log);
  io.connect();
  ASSERT_TRUE(log.has("connect")) << log.text();
  while (log.count("back 2") == 0) {
    io.volatile_().emit("message", 2);
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(log.count("back 1"), 0u);
}

// CS-24, Q-31: what a handler throws ends with it.
TEST_P(Versions, CS_24_GoesOnWhenAHandlerThrows) {
  node_server server(version(GetParam()));
  journal log;
  auto options = quick();
  options.on_exception = [&](std::string_view where, std::exception_ptr what) {
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& error) {
      log.note("threw in " + std::string(where) + ": " + error.what());
    }
  };
  client io(server.url(), options);
  watch(io, log);
  io.on("message-back", [](int) { throw std::runtime_error("oops"); });
  io.on("message-back", [&](int) { log.note("second handler"); });
  io.on("question", [](int) -> int { throw std::runtime_error("no answer"); });
  io.on("answered", [&](value what) { log.note("answered " + what.to_string()); });
  ASSERT_TRUE(log.has("connect")) << log.text();
  io.emit("message", 1);
  EXPECT_TRUE(log.has("threw in message-back: oops")) << log.text();
  EXPECT_TRUE(log.has("second handler")) << log.text();
  io.emit("ask-me", 1);
  EXPECT_TRUE(log.find("answered {\"error\":{\"code\":\"internal_error\"").size()) << log.text();
  EXPECT_TRUE(io.connected());
}

// CS-12: events of a middleware come before CONNECT, and are handed out before "connect".
TEST(Events, CS_12_KeepsWhatComesBeforeConnect) {
  node_server server(version(4));
  journal log;
  client io(server.url("/early"), quick());
  io.on("early", [&](value what) { log.note("early " + what.to_string()); });
  watch(io, log);
  ASSERT_TRUE(log.has("connect")) << log.text();
  const std::vector<std::string> all = {"early 1", "early {\"$binary\":3}", "connect"};
  EXPECT_EQ(log.first(3), all) << log.text();
}

// An auth that takes its time, on another thread, and as a coroutine.
TEST(Events, CS_03_AuthMayComeLater) {
  node_server server(version(4));
  journal log;
  auto options = quick();
  std::thread fetcher;
  options.auth = [&fetcher](give_auth give) {
    fetcher = std::thread([give] { give(value::map({{"token", "secret"}})); });
  };
  client io(server.url("/admin"), options);
  watch(io, log);
  EXPECT_TRUE(log.has("connect")) << log.text();
  fetcher.join();
  options.auth = []() -> task<value> { co_return value::map({{"token", "secret"}}); };
  client second(server.url("/admin"), options);
  watch(second, log, "second");
  EXPECT_TRUE(log.has("second connect")) << log.text();
  options.auth = []() -> value { throw std::runtime_error("no token"); };
  options.on_exception = [&](std::string_view where, std::exception_ptr) {
    log.note("threw in " + std::string(where));
  };
  client third(server.url("/admin"), options);
  watch(third, log, "third");
  EXPECT_TRUE(log.has("third connect_error: the auth function failed")) << log.text();
  EXPECT_TRUE(log.has("threw in auth")) << log.text();
  EXPECT_FALSE(third.active());
}

}  // namespace
}  // namespace socketio::test
