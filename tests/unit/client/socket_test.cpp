// A socket of a client with a server of the test's own: connecting (CS-01 to CS-09),
// acknowledgements (ACK-12, ACK-13), catch-all listeners (CS-20) and the end (CS-22, CS-23). What
// waits is in socket_waiting_test.cpp.
#include "client_home.hpp"

namespace socketio::client_side {
namespace {

// ---- connecting

// CS-01, CS-02
TEST(ClientSocket, CS_01_ConnectsOnce) {
  client_home home;
  const auto io = home.socket();
  EXPECT_FALSE(io.active());
  io.connect();
  io.connect();
  EXPECT_TRUE(io.active());
  home.peer().opens();
  io.connect();
  EXPECT_EQ(home.peer().heard(), lines{"0"});
  home.welcome();
  io.connect();
  EXPECT_EQ(home.peer().heard(), lines{});
  EXPECT_EQ(home.attempts(), 1u);
  EXPECT_EQ(io.id(), "one");
}

// CS-01: in the pause of the loop it waits
TEST(ClientSocket, CS_01_WaitsForTheLoop) {
  client_home home;
  const auto io = home.joined(), two = home.socket("/two");
  home.peer().cuts();
  two.connect();
  EXPECT_EQ(home.attempts(), 1u);
  home.shard->advance(100ms);
  home.peer().opens();
  EXPECT_EQ(home.peer().heard(), (lines{"0", "0/two,"}));
}

// CS-03: asked at each attempt, of whoever is asked last
TEST(ClientSocket, CS_03_AuthIsAskedAtEachAttempt) {
  client_home home;
  int asked = 0;
  const auto io = home.socket("/", {.auth = [&asked] { return value::map({{"n", ++asked}}); }});
  io.connect();
  home.peer().opens();
  EXPECT_EQ(home.peer().heard(), lines{R"(0{"n":1})"});
  home.welcome();
  home.peer().cuts();
  home.shard->advance(500ms);
  home.peer().opens();
  EXPECT_EQ(home.peer().heard(), lines{R"(0{"n":2})"});
  home.peer().cuts();
  io.set_auth(value::map({{"other", true}}));
  home.shard->advance(500ms);
  home.peer().opens();
  EXPECT_EQ(home.peer().heard(), lines{R"(0{"other":true})"});
}

// CS-03: what a function keeps, it keeps from one attempt to the next
TEST(ClientSocket, CS_03_AuthMayCount) {
  auto options = client_home::quick();
  options.auth = [n = 0]() mutable { return value(value::map({{"n", ++n}})); };
  client_home home(options);
  const auto io = home.socket();
  io.connect();
  home.peer().opens();
  EXPECT_EQ(home.peer().heard(), lines{R"(0{"n":1})"});
  home.peer().cuts();
  home.shard->advance(500ms);
  home.peer().opens();
  EXPECT_EQ(home.peer().heard(), lines{R"(0{"n":2})"});
}

// CS-03: the answer may come later, too late, and twice
TEST(ClientSocket, CS_03_AuthMayAnswerLater) {
  client_home home;
  std::vector<give_auth> asked;
  const auto io =
      home.socket("/", {.auth = [&](give_auth give) { asked.push_back(std::move(give)); }});
  io.connect();
  home.peer().opens();
  EXPECT_EQ(home.peer().heard(), lines{});
  home.peer().cuts();
  home.shard->advance(500ms);
  home.peer().opens();
  ASSERT_EQ(asked.size(), 2u);
  asked[0](value("late"));
  EXPECT_EQ(home.peer().heard(), lines{});
  asked[1](value::map({{"a", 1}}));
  asked[1](value::map({{"a", 2}}));
  EXPECT_EQ(home.peer().heard(), lines{R"(0{"a":1})"}) << "a second CONNECT would end it all";
}

TEST(ClientSocket, CS_03_AuthThatThrowsIsAConnectError) {
  client_home home;
  home.watch();
  const auto io =
      home.socket("/", {.auth = []() -> value { throw std::runtime_error("no token"); }});
  home.watch(io);
  io.connect();
  home.peer().opens();
  EXPECT_FALSE(io.active());
  EXPECT_EQ(home.told.front(), "close: forced close");
  EXPECT_EQ(home.told[1], "connect_error: the auth function failed");
  home.shard->advance(1h);
  EXPECT_EQ(home.attempts(), 1u);
}

// CS-04: behind what was missed, what waits, and the queue of retries
TEST(ClientSocket, CS_04_TellsOfTheConnectionLast) {
  client_home home;
  const auto io = home.socket("/", {.retries = 1});
  home.watch(io);
  io.on("early", [&](int n) { home.note("early " + std::to_string(n)); });
  io.on_any_outgoing(
      [&](std::string_view name, const values&) { home.note("out " + std::string(name)); });
  io.emit("queued");
  io.connect();
  home.peer().opens();
  home.peer().says(R"(2["early",1])");
  home.peer().says(R"(2["early",2])");
  home.expect({});
  home.welcome();
  home.expect({"early 1", "early 2", "out queued", "connect"});
}

// CS-08: b, c
TEST(ClientSocket, CS_08_SaysWhyItWasRefused) {
  client_home home;
  const auto io = home.socket("/admin");
  const auto other = home.joined();
  connect_failure seen;
  io.on_connect_error([&](const connect_failure& why) { seen = why; });
  io.connect();
  home.peer().says(R"(4/admin,{"message":"no","data":{"code":7}})");
  EXPECT_EQ(seen.what, connect_cause::refused);
  EXPECT_EQ(seen.message, "no");
  EXPECT_EQ(seen.data["code"], value(7));
  EXPECT_FALSE(io.active());
  EXPECT_TRUE(home.peer().is_held());
  io.connect();
  home.peer().says("0/admin,{}");
  EXPECT_EQ(seen.what, connect_cause::older_server);
  EXPECT_TRUE(io.active());
  // CS-09: nobody else is there
  client_home alone;
  const auto only = alone.socket();
  only.connect();
  alone.peer().opens();
  alone.peer().says(R"(4{"message":"no"})");
  EXPECT_FALSE(alone.peer().is_held());
}

// ---- acknowledgements

// ACK-12
TEST(ClientSocket, ACK_12_SettlesWhatWasSentWhenItIsLost) {
  client_home home;
  const auto io = home.joined();
  home.watch(io);
  const auto answer = [&](std::string name) {
    return [&home, name](std::error_code why, int n) {
      home.note(name + ' ' + (why ? why.message() : std::to_string(n)));
    };
  };
  io.emit("one", answer("one"));
  io.emit("two", answer("two"));
  home.peer().says("31[2]");
  home.expect({"two 2"});
  home.peer().cuts();
  const std::string lost = make_error_code(errc::disconnected).message();
  home.expect({"disconnect: transport close", "one " + lost});
  io.emit("three", answer("three"));
  home.come_back(io);
  home.expect({"connect"});
  home.peer().says("30[1]");  // of the old one: nobody waits for it
  home.peer().says("32[3]");
  home.peer().says("32[4]");
  home.expect({"three 3"});
}

// ACK-13
TEST(ClientSocket, ACK_13_TakesBackWhatWasNeverSent) {
  client_home home;
  const auto io = home.socket();
  io.timeout(100ms).emit("never", [&](std::error_code why) { home.note(why.message()); });
  io.emit("sent");
  home.shard->advance(100ms);
  home.expect({make_error_code(errc::timed_out).message()});
  EXPECT_EQ(io.buffered().size(), 1u);
  home.join(io);
  home.shard->advance(1h);
  home.expect({});
}

// CS-15, CS-16
TEST(ClientSocket, CS_15_AcksHaveTheTimeTheyAreGiven) {
  client_home home;
  const auto io = home.socket("/", {.ack_timeout = 100ms});
  home.join(io);
  const auto note = [&](std::error_code) { home.note("settled"); };
  io.emit("short", note);
  io.timeout(300ms).emit("long", note);
  home.shard->advance(100ms);
  home.expect({"settled"});
  home.peer().says("30[]");
  home.expect({});
  home.shard->advance(200ms);
  home.expect({"settled"});
}

TEST(ClientSocket, PendingAcksHaveALimit) {
  auto options = client_home::quick();
  options.pending_acks_max = 3;
  client_home home(options);
  const auto io = home.joined();
  int refused = 0;
  const auto note = [&](std::error_code why) { refused += why == errc::refused; };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(io.emit("x", note), i < 3);
  EXPECT_EQ(refused, 2);
  EXPECT_TRUE(io.emit("without"));
  home.peer().says("30[]");
  EXPECT_TRUE(io.emit("x", note));
}

// ---- listeners

// CS-20, CS-21
TEST(ClientSocket, CS_20_CatchAllComesFirst) {
  client_home home;
  const auto io = home.joined();
  io.on("x", [&](int) { home.note("on"); });
  io.prepend("x", [&](int) { home.note("prepended"); });
  io.once("x", [&](int) { home.note("once"); });
  io.on_any([&](std::string_view name, const values& all) {
    home.note("any " + std::string(name) + ' ' + std::to_string(all.size()));
  });
  io.prepend_any([&](std::string_view, const values&) { home.note("prepended any"); });
  home.peer().says(R"(2["x",1])");
  home.expect({"prepended any", "any x 1", "prepended", "on", "once"});
  home.peer().says(R"(2["x",1])");
  home.expect({"prepended any", "any x 1", "prepended", "on"});
  EXPECT_EQ(io.listener_count("x"), 2u);
  io.off("x");
  io.off_any();
  home.peer().says(R"(2["x",1])");
  home.expect({});
}

// CS-24
TEST(ClientSocket, CS_24_ListenersMayThrow) {
  auto options = client_home::quick();
  lines thrown;
  options.on_exception = [&](std::string_view where, std::exception_ptr) {
    thrown.emplace_back(where);
  };
  client_home home(options);
  const auto io = home.joined();
  io.on("x", [] { throw std::runtime_error("x"); });
  io.on("x", [&] { home.note("second"); });
  io.on_any([](std::string_view, const values&) { throw 1; });
  io.on_disconnect([](const client_disconnect&) { throw 1; });
  home.peer().says(R"(27["x"])");
  home.expect({"second"});
  EXPECT_EQ(thrown, (lines{"on_any", "x"}));
  EXPECT_EQ(home.peer().heard(),
            lines{R"(37[{"error":{"code":"internal_error","message":"the handler failed"}}])"});
  home.peer().cuts();
  EXPECT_EQ(thrown.back(), "on_disconnect");
  home.come_back(io);
  EXPECT_TRUE(io.connected());
}

// ---- the end

// CS-22: as the official client, which says "disconnect" also where it was not connected yet
TEST(ClientSocket, CS_22_TellsOfConnectionsThatEndBeforeConnect) {
  client_home home;
  const auto io = home.socket();
  home.watch(io);
  io.connect();
  home.peer().opens();
  home.peer().cuts();
  home.expect({"disconnect: transport close"});
  home.shard->advance(100ms);
  home.peer().opens();
  home.peer().says("0null");
  home.expect({"disconnect: parse error"});
  EXPECT_TRUE(io.active());
}

// CS-22
TEST(ClientSocket, CS_22_DisconnectSaysSo) {
  client_home home;
  home.watch();
  const auto io = home.joined();
  home.watch(io);
  io.disconnect();
  EXPECT_EQ(home.peer().heard(), lines{"1"});
  home.expect({"close: forced close", "disconnect: io client disconnect"});
  EXPECT_FALSE(io.active());
  EXPECT_EQ(io.id(), "");
  io.disconnect();
  home.shard->advance(1h);
  EXPECT_EQ(home.attempts(), 1u);
  // In the pause it stops the loop.
  client_home pause;
  const auto other = pause.joined();
  pause.peer().cuts();
  other.disconnect();
  pause.shard->advance(1h);
  EXPECT_EQ(pause.attempts(), 1u);
}

// CS-23
TEST(ClientSocket, CS_23_TheServerMayEndIt) {
  client_home home;
  const auto io = home.joined(), other = home.socket("/other");
  other.connect();
  home.watch(io);
  home.peer().says("1");
  home.expect({"disconnect: io server disconnect"});
  EXPECT_FALSE(io.active());
  home.peer().says(R"(2["late"])");
  home.peer().cuts();
  home.shard->advance(500ms);
  home.peer().opens();
  EXPECT_EQ(home.peer().heard(), lines{"0/other,"});
}

// CS-25
TEST(ClientSocket, CS_25_AllNamespacesComeBack) {
  client_home home;
  const auto one = home.joined(), two = home.socket("/two");
  two.connect();
  home.welcome("/two", R"({"sid":"t"})");
  home.watch(one, "one ");
  home.watch(two, "two ");
  home.peer().cuts();
  home.expect({"one disconnect: transport close", "two disconnect: transport close"});
  home.shard->advance(500ms);
  home.peer().opens();
  EXPECT_EQ(home.peer().heard(), (lines{"0", "0/two,"}));
}

}  // namespace
}  // namespace socketio::client_side
