// What happens when the way to the server is not there, breaks, or comes back: the order of events
// (CM-16 to CM-19), the disconnect matrix, retries and recovery.
#include "client/journal.hpp"
#include "client/node_server.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <atomic>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;

namespace socketio::test {
namespace {

client_options quick() {
  client_options made;
  made.reconnection_delay = 20ms;
  made.reconnection_delay_max = 60ms;
  return made;
}

// CM-16, CM-17
TEST(Reconnection, CM_16_TellsOfFailedAttemptsInOrder) {
  auto options = quick();
  options.reconnection_attempts = 2;
  options.auto_connect = false;
  journal log;
  client io("http://127.0.0.1:1", options);
  watch(io, log);
  watch(io.io(), log);
  io.connect();
  ASSERT_TRUE(log.has("reconnect_failed")) << log.text();
  const std::vector<std::string> all = {
      "connect_error: xhr poll error", "error: xhr poll error",
      "reconnect_attempt 1",           "connect_error: xhr poll error",
      "error: xhr poll error",         "reconnect_error: xhr poll error",
      "reconnect_attempt 2",           "connect_error: xhr poll error",
      "error: xhr poll error",         "reconnect_failed"};
  EXPECT_EQ(log.first(10), all) << log.text();
  EXPECT_TRUE(io.active());
}

// CM-18
TEST(Reconnection, CM_18_TellsOfSuccessInOrder) {
  node_server server;
  journal log;
  client io(server.url(), quick());
  watch(io, log);
  watch(io.io(), log);
  ASSERT_TRUE(log.has("connect") && log.has("upgrade websocket")) << log.text();
  log.clear();
  server.command("kill-transports");
  ASSERT_TRUE(log.has("connect")) << log.text();
  const std::vector<std::string> all = {"disconnect: transport close",
                                        "close: transport close",
                                        "reconnect_attempt 1",
                                        "open",
                                        "reconnect 1",
                                        "connect"};
  EXPECT_EQ(log.first(6), all) << log.text();
}

// DM-05: the process is killed, and started again
TEST(Reconnection, DM_05_ComesBackWhenTheServerDoes) {
  node_server server;
  journal log;
  client io(server.url(), quick());
  watch(io, log);
  watch(io.io(), log);
  io.on("message-back", [&](int n) { log.note("back " + std::to_string(n)); });
  ASSERT_TRUE(log.has("connect")) << log.text();
  server.kill();
  ASSERT_TRUE(log.find("disconnect: transport").size()) << log.text();
  io.emit("message", 1);  // waits
  ASSERT_TRUE(log.find("reconnect_error").size()) << log.text();
  server.start();
  EXPECT_TRUE(log.has("connect", 2)) << log.text();
  EXPECT_TRUE(log.has("back 1")) << log.text();
}

// DM-03
TEST(Reconnection, DM_03_SeesTheServerClose) {
  node_server server;
  journal log;
  client io(server.url(), quick());
  watch(io, log);
  watch(io.io(), log);
  ASSERT_TRUE(log.has("connect") && log.has("upgrade websocket")) << log.text();
  server.command("close");
  EXPECT_TRUE(log.has("disconnect: transport close")) << log.text();
  EXPECT_TRUE(io.active());
}

// DM-09
TEST(Reconnection, DM_09_GivesUpAConnectionThatSaysNonsense) {
  node_server server;
  journal log;
  client io(server.url(), quick());
  watch(io, log);
  ASSERT_TRUE(log.has("connect")) << log.text();
  io.emit("bad-packet");
  EXPECT_TRUE(log.has("disconnect: parse error")) << log.text();
  EXPECT_TRUE(log.has("connect", 2)) << log.text();
}

// DM-12: a POST that the server does not take
TEST(Reconnection, DM_12_SaysThatAPostWasTooBig) {
  node_server server(value::map({{"max_http_buffer_size", 1'000}}));
  journal log;
  auto options = quick();
  options.transports = {"polling"};
  client io(server.url(), options);
  watch(io, log);
  watch(io.io(), log);
  connect_failure seen;
  io.io().on_error([&](const connect_failure& why) {
    seen = why;
    log.note("status " + std::to_string(why.status));
  });
  ASSERT_TRUE(log.has("connect")) << log.text();
  io.emit("message", std::string(2'000, 'x'));
  EXPECT_TRUE(log.has("disconnect: transport error")) << log.text();
  EXPECT_TRUE(log.has("error: xhr post error")) << log.text();
  EXPECT_TRUE(log.has("status 413")) << log.text();
  EXPECT_TRUE(log.has("connect", 2)) << log.text();
}

// CM-33: many events are as many POSTs as the server has room for
TEST(Reconnection, CM_33_SplitsWhatOnePostCannotCarry) {
  node_server server(value::map({{"max_http_buffer_size", 1'000}}));
  journal log;
  auto options = quick();
  options.transports = {"polling"};
  client io(server.url(), options);
  watch(io, log);
  ASSERT_TRUE(log.has("connect")) << log.text();
  for (int i = 0; i < 50; ++i) io.emit("note", std::string(90, 'x'));
  io.emit("echo", "done", [&](std::error_code error, std::string) { log.note(error.message()); });
  EXPECT_TRUE(log.has("Success")) << log.text();
  EXPECT_EQ(log.count_prefix("disconnect"), 0u) << log.text();
}

// DM-16
TEST(Reconnection, DM_16_ClosesTheConnectionAndComesBack) {
  node_server server;
  journal log;
  client io(server.url(), quick());
  watch(io, log);
  ASSERT_TRUE(log.has("connect")) << log.text();
  io.io().close_connection();
  EXPECT_TRUE(log.has("disconnect: forced close")) << log.text();
  EXPECT_TRUE(log.has("connect", 2)) << log.text();
}

// CM-19
TEST(Reconnection, CM_19_StopsWhenItIsToldTo) {
  journal log;
  client io("http://127.0.0.1:1", quick());
  watch(io, log);
  watch(io.io(), log);
  ASSERT_TRUE(log.has("reconnect_attempt 2")) << log.text();
  io.io().reconnection(false);
  const auto settled = [&] {  // one attempt may have been under way
    std::string before;
    do {
      before = log.text();
      std::this_thread::sleep_for(150ms);
    } while (before != log.text());
  };
  settled();
  const auto attempts = log.count_prefix("reconnect_attempt");
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(log.count_prefix("reconnect_attempt"), attempts);
  io.disconnect();
  EXPECT_TRUE(soon([&] { return !io.active(); }));
}

// CM-11
TEST(Reconnection, CM_11_TimesOut) {
  // Listens and never accepts: the connection is made by the kernel, and nobody answers.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  auto options = quick();
  options.timeout = 50ms;
  options.reconnection = false;
  journal log;
  client io("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)), options);
  watch(io, log);
  connect_failure seen;
  io.on_connect_error([&](const connect_failure& why) {
    seen = why;
    log.note("seen");
  });
  ASSERT_TRUE(log.has("connect_error: timeout") && log.has("seen")) << log.text();
  EXPECT_EQ(seen.what, connect_cause::timeout);
  EXPECT_EQ(seen.description, "no connection within 50 ms");
  ::close(listener);
}

// CM-25
TEST(Reconnection, CM_25_RemembersThatWebSocketsWork) {
  node_server server;
  journal log;
  auto options = quick();
  options.remember_upgrade = true;
  client io(server.url(), options);
  watch(io, log);
  watch(io.io(), log);
  ASSERT_TRUE(log.has("upgrade websocket")) << log.text();
  server.wait_for("open");
  io.io().close_connection();
  ASSERT_TRUE(log.has("connect", 2)) << log.text();
  EXPECT_EQ(*server.wait_for("open")["transport"].as_string(), "websocket");
}

// CM-24
TEST(Reconnection, CM_24_TriesAllTransports) {
  node_server server(value::map({{"transports", value::list({"polling"})}}));
  journal log;
  auto options = quick();
  options.transports = {"websocket", "polling"};
  options.try_all_transports = true;
  client io(server.url(), options);
  watch(io, log);
  EXPECT_TRUE(log.has("connect")) << log.text();
  EXPECT_EQ(log.count_prefix("connect_error"), 0u) << log.text();
}

// CM-27
TEST(Reconnection, CM_26_NeverProbesWhenItShallNot) {
  node_server server;
  journal log;
  auto options = quick();
  options.upgrade = false;
  client io(server.url(), options);
  watch(io, log);
  ASSERT_TRUE(log.has("connect")) << log.text();
  io.emit("echo", [&](std::error_code) { log.note("answered"); });
  ASSERT_TRUE(log.has("answered"));
  EXPECT_EQ(io.io().transport(), "polling");
  EXPECT_EQ(server.count("upgrade"), 0u);
}

// CS-13, CS-14
TEST(Retries, CS_13_SendsAgainUntilItIsAcknowledged) {
  node_server server;
  journal log;
  auto options = quick();
  options.retries = 2;
  options.ack_timeout = 50ms;
  options.retry_keys = true;
  client io(server.url(), options);
  watch(io, log);
  ASSERT_TRUE(log.has("connect")) << log.text();
  io.emit("never-ack", 1, [&](std::error_code error) { log.note("first " + error.message()); });
  io.emit("echo", 2, [&](std::error_code error, int n) {
    log.note("second " + error.message() + " " + std::to_string(n));
  });
  EXPECT_TRUE(log.has("first operation has timed out")) << log.text();
  EXPECT_TRUE(log.has("second Success 2")) << log.text();
  std::vector<std::string> keys;
  for (int i = 0; i < 3; ++i) {
    const auto seen = server.wait_for(
        "event", [](const value& what) { return what["event"] == value("never-ack"); });
    keys.push_back(*seen["args"].as_array()->back().as_string());
  }
  EXPECT_EQ(keys[0], keys[1]);
  EXPECT_EQ(keys[1], keys[2]);
  EXPECT_FALSE(keys[0].empty());
}

TEST(Retries, CS_13_GoesOnWithTheNextConnection) {
  node_server server;
  journal log;
  auto options = quick();
  options.retries = 1;
  client io(server.url(), options);
  watch(io, log);
  ASSERT_TRUE(log.has("connect")) << log.text();
  io.volatile_().emit("close-me");
  for (int i = 0; i < 5; ++i)
    io.emit("echo", i, [&log, i](std::error_code error, int n) {
      log.note("echo " + std::to_string(i) + (error || n != i ? " wrong" : ""));
    });
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(log.has("echo " + std::to_string(i))) << log.text();
  EXPECT_EQ(io.buffered().size(), 0u);
}

// The server is killed and started again while events are under way: with retries none is lost.
TEST(Retries, NothingIsLostWhenTheServerIsKilledUnderLoad) {
  node_server server;
  journal log;
  auto options = quick();
  options.retries = 1;
  options.retry_keys = true;
  client io(server.url(), options);
  watch(io, log);
  constexpr int count = 300;
  std::atomic<int> acknowledged{0}, failed{0};
  for (int i = 0; i < count; ++i)
    io.emit("echo", i,
            [&, i](std::error_code error, int n) { (error || n != i ? failed : acknowledged)++; });
  for (int round = 1; round <= 3; ++round) {
    EXPECT_TRUE(soon([&] { return acknowledged >= round * 60; })) << log.text();
    server.restart();
  }
  EXPECT_TRUE(soon([&] { return acknowledged == count; })) << acknowledged << '\n' << log.text();
  EXPECT_EQ(failed, 0);
  EXPECT_GE(log.count("connect"), 2u);
}

// CR-05, CR-08, CR-09, CR-11
TEST(Recovery, CR_11_GoesOnWhereItWas) {
  node_server server(value::map({{"recovery", true}}));
  journal log;
  auto options = quick();
  options.reconnection_delay = options.reconnection_delay_max = 400ms;
  client io(server.url(), options);
  watch(io, log);
  watch(io.io(), log);
  io.on("number", [&](int n) { log.note("number " + std::to_string(n)); });
  ASSERT_TRUE(log.has("connect") && log.has("upgrade websocket")) << log.text();
  const std::string id = io.id();
  const auto tell = [&](int n) {
    server.command(value::map({{"cmd", "emit"}, {"event", "number"}, {"args", value::list({n})}}));
  };
  tell(1);
  ASSERT_TRUE(log.has("number 1")) << log.text();
  server.command("kill-transports");
  ASSERT_TRUE(log.find("disconnect").size()) << log.text();
  tell(2);
  tell(3);
  ASSERT_TRUE(log.has("connect", 2)) << log.text();
  EXPECT_TRUE(io.recovered());
  EXPECT_EQ(io.id(), id);
  EXPECT_TRUE(log.has("number 2") && log.has("number 3")) << log.text();
  tell(4);
  EXPECT_TRUE(log.has("number 4")) << log.text();
  for (int n = 1; n <= 4; ++n) EXPECT_EQ(log.count("number " + std::to_string(n)), 1u);
}

// an event that ends with any text does not spoil it.
TEST(Recovery, Q_07_TakesNoTextForAnOffset) {
  node_server server(value::map({{"recovery", true}}));
  journal log;
  auto options = quick();
  options.reconnection_delay = options.reconnection_delay_max = 200ms;
  client io(server.url(), options);
  watch(io, log);
  watch(io.io(), log);
  io.on("text", [&](std::string text) { log.note("text " + text); });
  ASSERT_TRUE(log.has("connect") && log.has("upgrade websocket")) << log.text();
  const auto tell = [&](const char* text, bool is_volatile) {
    server.command(value::map({{"cmd", "emit"},
                               {"event", "text"},
                               {"args", value::list({text})},
                               {"volatile", is_volatile}}));
  };
  tell("first", false);
  ASSERT_TRUE(log.has("text first")) << log.text();
  tell("message", true);  // without an offset: its last argument is its own
  ASSERT_TRUE(log.has("text message")) << log.text();
  server.command("kill-transports");
  ASSERT_TRUE(log.find("disconnect").size()) << log.text();
  tell("missed", false);
  ASSERT_TRUE(log.has("connect", 2)) << log.text();
  EXPECT_TRUE(io.recovered());
  EXPECT_TRUE(log.has("text missed")) << log.text();
}

}  // namespace
}  // namespace socketio::test
