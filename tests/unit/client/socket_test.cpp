// A socket of a client with a server of the test's own: connecting (CS-01 to CS-09), what waits and
// what is sent (CS-10 to CS-19), acknowledgements (ACK-12, ACK-13), catch-all listeners (CS-20),
// the end (CS-22, CS-23) and the limits of client_options.
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

// ---- what waits

// CS-10, CS-27
TEST(ClientSocket, CS_10_KeepsWhatIsEmittedOffline) {
  client_home home;
  const auto io = home.socket();
  io.emit("a", 1);
  io.emit("b", binary("\x01"));
  EXPECT_EQ(io.buffered().size(), 2u);
  io.on_connect([&] { io.emit("c"); });
  io.connect();
  home.peer().opens();
  home.welcome();
  EXPECT_EQ(home.peer().heard(),
            (lines{"0", R"(2["a",1])", R"(51-["b",{"_placeholder":true,"num":0}])", "<binary>\x01",
                   R"(2["c"])"}));
  EXPECT_EQ(io.buffered_bytes(), 0u);
}

TEST(ClientSocket, OfflineBufferHasALimit) {
  auto options = client_home::quick();
  options.offline_buffer_bytes_max = 1'000;
  client_home home(options);
  const auto io = home.socket();
  int accepted = 0, refused = 0;
  for (int i = 0; i < 100; ++i)
    accepted += io.emit("x", std::string(50, 'x'), [&](std::error_code why) {
      EXPECT_EQ(why, errc::refused);
      ++refused;
    });
  EXPECT_GT(accepted, 0);
  EXPECT_EQ(refused, 100 - accepted);
  EXPECT_LE(io.buffered_bytes(), 1'000u);
  EXPECT_EQ(io.buffered().size(), static_cast<std::size_t>(accepted));
  home.join(io);
  EXPECT_EQ(io.buffered_bytes(), 0u);
  EXPECT_TRUE(io.emit("x"));
}

TEST(ClientSocket, OfflineBufferForgetsWhatIsOld) {
  auto options = client_home::quick();
  options.offline_buffer_age_max = 1'000ms;
  client_home home(options);
  const auto io = home.socket();
  int emitted = 0;
  std::function<void(std::error_code)> again = [&](std::error_code why) {
    home.note(why.message());
    if (++emitted < 3) io.emit("again", again);
  };
  io.emit("old", again);
  home.shard->advance(600ms);
  io.emit("young");
  home.shard->advance(400ms);
  EXPECT_EQ(home.told.size(), 1u);
  EXPECT_EQ(io.buffered().size(), 2u);
  home.shard->advance(600ms);
  EXPECT_EQ(io.buffered().size(), 1u);
  home.shard->advance(400ms);
  EXPECT_EQ(home.told.size(), 2u);
}

// Whoever is told that his event was given up may emit it again.
TEST(ClientSocket, ClearBufferEnds) {
  for (const unsigned retries : {0u, 1u}) {
    client_home home;
    const auto io = home.socket("/", {.retries = retries});
    int told = 0;
    std::function<void(std::error_code)> again = [&](std::error_code) {
      if (++told < 50) io.emit("again", again);
    };
    io.emit("one", again);
    io.emit("two", again);
    io.clear_buffer();
    EXPECT_EQ(told, 2);
    EXPECT_EQ(io.buffered().size(), 2u);
    told = 50;
  }
}

TEST(ClientSocket, SendQueueHasALimit) {
  auto options = client_home::quick();
  options.send_queue_bytes_max = 2'000;
  client_home home(options);
  const auto io = home.joined();
  int accepted = 0;
  errc why{};
  while (io.emit("x", std::string(100, 'x'))) ++accepted;
  EXPECT_GT(accepted, 5);
  EXPECT_LT(accepted, 20);
  io.emit("x", std::string(100, 'x'),
          [&](std::error_code code) { why = static_cast<errc>(code.value()); });
  EXPECT_EQ(std::error_code(why), errc::refused);
  home.peer().drains();
  EXPECT_TRUE(io.emit("x"));
}

// CS-12
TEST(ClientSocket, CS_12_ReceiveBufferHasALimit) {
  auto options = client_home::quick();
  options.receive_buffer_bytes_max = 10'000;
  for (const bool bytes : {false, true}) {
    client_home home(options);
    home.watch();
    const auto io = home.socket();
    io.connect();
    home.peer().opens();
    home.told.clear();
    for (int i = 0; i < 100 && home.peer().is_held(); ++i) {
      if (!bytes) {
        home.peer().says(R"(2["x",")" + std::string(500, 'x') + R"("])");
      } else {
        home.peer().says(R"(51-["x",{"_placeholder":true,"num":0}])");
        home.peer().says_bytes(std::string(5'000, 'x'));
        ASSERT_LT(i, 3) << "attachments are counted";
      }
    }
    EXPECT_FALSE(home.peer().is_held());
    home.expect({"close: parse error"});
  }
}

// What came for a socket that has left is not what the next connection begins with.
TEST(ClientSocket, ReceivedEventsDieWithTheirConnection) {
  client_home home;
  const auto io = home.socket(), other = home.joined("/other");
  io.on("x", [&](int n) {
    home.note("x " + std::to_string(n));
    if (n == 1) io.disconnect();
  });
  io.connect();
  for (const char* each : {R"(2["x",1])", R"(2["x",2])"}) home.peer().says(each);
  home.welcome();
  home.expect({"x 1"});
  io.connect();
  home.welcome();
  home.expect({});
  io.disconnect();
  io.connect();
  home.peer().says(R"(2["x",3])");
  io.disconnect();
  io.connect();
  home.welcome();
  home.expect({});
}

// VO-03, Q-20
TEST(ClientSocket, VO_03_VolatileLeavesNowOrNever) {
  client_home home;
  const auto io = home.socket();
  EXPECT_FALSE(io.volatile_().emit("x"));
  home.join(io);
  EXPECT_TRUE(io.volatile_().emit("x"));
  home.peer().writable = false;
  EXPECT_FALSE(io.volatile_().emit("y"));
  EXPECT_EQ(home.peer().heard(), lines{R"(2["x"])"});
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

// ---- retries

// CS-13
TEST(ClientSocket, CS_13_SendsOneAfterTheOther) {
  client_home home;
  const auto io = home.socket("/", {.retries = 2, .ack_timeout = 100ms});
  home.join(io);
  io.emit("a", [&](std::error_code why) { home.note("a " + why.message()); });
  io.emit("b");
  EXPECT_EQ(home.peer().heard(), lines{R"(20["a"])"});
  home.shard->advance(100ms);
  home.shard->advance(100ms);
  EXPECT_EQ(home.peer().heard(), (lines{R"(21["a"])", R"(22["a"])"}));
  home.expect({});
  home.shard->advance(100ms);
  home.expect({"a " + make_error_code(errc::timed_out).message()});
  EXPECT_EQ(home.peer().heard(), lines{R"(23["b"])"});
  home.peer().says("33[]");
  EXPECT_EQ(io.buffered_bytes(), 0u);
  home.shard->advance(1h);
  EXPECT_EQ(home.peer().heard(), lines{});
}

// CS-13: again on the next connection
TEST(ClientSocket, CS_13_RepeatsWhatTheConnectionTookAway) {
  client_home home;
  const auto io = home.socket("/", {.retries = 2});
  home.join(io);
  io.emit("a");
  io.emit("b");
  home.peer().cuts();
  EXPECT_EQ(io.buffered().size(), 2u);
  home.come_back(io);
  EXPECT_EQ(home.peer().heard(), (lines{"0", R"(21["a"])"}));
  home.peer().says("31[]");
  EXPECT_EQ(home.peer().heard(), lines{R"(22["b"])"});
}

TEST(ClientSocket, RetriesGoOnWhenTheQueueHasRoomAgain) {
  auto options = client_home::quick();
  options.send_queue_bytes_max = 2'000;
  client_home home(options);
  const auto io = home.socket("/", {.retries = 1});
  home.join(io);
  home.peer().queued = 2'000;
  EXPECT_TRUE(io.emit("a"));
  EXPECT_EQ(home.peer().heard(), lines{});
  home.peer().drains();
  EXPECT_EQ(home.peer().heard(), lines{R"(20["a"])"});
  // What would never fit is refused, or it would block all others.
  EXPECT_FALSE(io.emit("big", std::string(3'000, 'x')));
}

TEST(ClientSocket, RetriesAreNotBlockedByPendingAcks) {
  auto options = client_home::quick();
  options.pending_acks_max = 1;
  client_home home(options);
  const auto io = home.socket("/", {.retries = 1});
  home.join(io);
  io.volatile_().emit("v", [](std::error_code) {});
  home.peer().sent.clear();
  EXPECT_TRUE(io.emit("a"));
  EXPECT_EQ(home.peer().heard(), lines{R"(21["a"])"});
}

TEST(ClientSocket, RetryKeysStayTheSame) {
  auto options = client_home::quick();
  options.retry_keys = true;
  client_home home(options);
  const auto io = home.socket("/", {.retries = 2, .ack_timeout = 100ms});
  home.join(io);
  io.emit("a", 1);
  home.shard->advance(100ms);
  home.peer().says("31[]");
  io.emit("a", 1);
  auto heard = home.peer().heard();
  ASSERT_EQ(heard.size(), 3u);
  EXPECT_EQ(heard[0].substr(2), heard[1].substr(2));
  EXPECT_NE(heard[0].substr(2), heard[2].substr(2));
  EXPECT_TRUE(heard[0].starts_with(R"(20["a",1,")")) << heard[0];
  ASSERT_EQ(io.buffered().size(), 1u);  // the application is shown what it has said
  EXPECT_EQ(io.buffered()[0].arguments, values{value(1)});
}

// A connection that is being given up takes nothing any more, and nobody knows it yet.
TEST(ClientSocket, KeepsWhatADyingConnectionDoesNotTake) {
  client_home home;
  const auto io = home.joined();
  home.peer().takes = false;
  EXPECT_TRUE(io.emit("late", 1));
  EXPECT_FALSE(io.volatile_().emit("late", 2));
  EXPECT_EQ(io.buffered().size(), 1u);
  home.peer().cuts();
  home.come_back(io);
  EXPECT_EQ(home.peer().heard().back(), R"(2["late",1])");
}

// The same behind CONNECT, of what waited.
TEST(ClientSocket, PutsBackWhatDidNotLeave) {
  client_home home;
  const auto io = home.socket();
  std::vector<std::string> answers;
  for (int i = 0; i < 3; ++i)
    io.emit("n", i, [&, i](std::error_code why) {
      answers.push_back(std::to_string(i) + ' ' + why.message());
    });
  io.on_any_outgoing([&](std::string_view, const values& all) {
    if (all[0] == value(1)) home.peer().takes = false;
  });
  io.connect();
  home.peer().opens();
  home.peer().heard();
  home.welcome();
  EXPECT_EQ(home.peer().heard(), lines{R"(20["n",0])"});
  EXPECT_EQ(io.buffered().size(), 2u);
  io.off_any_outgoing();
  home.peer().cuts();
  EXPECT_EQ(answers, lines{"0 socket has been disconnected"});
  home.come_back(io);
  const auto heard = home.peer().heard();
  EXPECT_EQ(lines(heard.end() - 2, heard.end()), (lines{R"(21["n",1])", R"(22["n",2])"}));
  home.peer().says("32[]");
  home.peer().says("31[]");
  EXPECT_EQ(answers.size(), 3u);
}

TEST(ClientSocket, RetryKeysCountForTheLimit) {
  auto options = client_home::quick();
  options.retry_keys = true;
  options.send_queue_bytes_max = 2'000;
  client_home home(options);
  const auto io = home.socket("/", {.retries = 1});
  home.join(io);
  EXPECT_FALSE(io.emit("x", std::string(1'735, 'x')));  // with its key it would never leave
  EXPECT_TRUE(io.emit("x", std::string(1'600, 'x')));
  EXPECT_EQ(home.peer().heard().size(), 1u);
}

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
