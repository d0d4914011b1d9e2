// The manager with connections of the test's own: which events come in which order, when it tries
// again, and when it stops (CM-04 to CM-21).
#include "client_home.hpp"

namespace socketio::client_side {
namespace {

// CM-16, CM-17: of a first attempt
TEST(Manager, CM_16_TellsOfFailedAttemptsInOrder) {
  auto options = client_home::quick();
  options.reconnection_attempts = 2;
  client_home home(options);
  home.watch();
  const auto io = home.socket();
  home.watch(io);
  io.connect();
  home.peer().fails();
  home.expect({"connect_error: xhr poll error", "error: xhr poll error"});
  home.shard->advance(99ms);
  home.expect({});
  home.shard->advance(1ms);
  home.expect({"reconnect_attempt 1"});
  home.peer().fails();
  home.expect({"connect_error: xhr poll error", "error: xhr poll error",
               "reconnect_error: xhr poll error"});
  home.shard->advance(200ms);
  home.expect({"reconnect_attempt 2"});
  home.peer().fails();
  home.expect({"connect_error: xhr poll error", "error: xhr poll error", "reconnect_failed",
               "reconnect_error: xhr poll error"});
  home.shard->advance(1h);
  EXPECT_EQ(home.attempts(), 3u);
  EXPECT_TRUE(io.active());
  io.connect();  // and from the beginning
  home.peer().fails();
  home.shard->advance(100ms);
  EXPECT_EQ(home.attempts(), 5u);
}

// CM-18
TEST(Manager, CM_18_TellsOfSuccessInOrder) {
  client_home home;
  home.watch();
  const auto io = home.joined();
  home.watch(io);
  home.peer().cuts();
  home.expect({"disconnect: transport close", "close: transport close"});
  home.shard->advance(100ms);
  home.peer().opens();
  home.expect({"reconnect_attempt 1", "open", "reconnect 1"});
  home.welcome();
  home.expect({"connect"});
}

// CM-19
TEST(Manager, CM_19_DoesNotComeBackByItself) {
  client_home home;
  home.watch();
  const auto io = home.joined();
  home.manager->disconnect();
  home.expect({"close: forced close"});
  EXPECT_TRUE(home.peer().ended);
  home.shard->advance(1h);
  EXPECT_EQ(home.attempts(), 1u);
  io.connect();
  EXPECT_EQ(home.attempts(), 2u);
  home.peer().cuts();
}

// CM-19: during the pause
TEST(Manager, CM_19_StopsTheLoop) {
  for (const bool by_option : {false, true}) {
    client_home home;
    const auto io = home.joined();
    home.peer().cuts();
    by_option ? home.manager->set_reconnection(false) : home.manager->disconnect();
    home.shard->advance(1h);
    EXPECT_EQ(home.attempts(), 1u);
    // ... and off and on again is on.
    home.manager->set_reconnection(true);
    home.manager->open();
    home.peer().fails();
    home.shard->advance(100ms);
    EXPECT_EQ(home.attempts(), 3u);
  }
}

TEST(Manager, ReconnectionMayBeSwitchedWhileConnected) {
  client_home home;
  const auto io = home.joined();
  home.manager->set_reconnection(false);
  home.manager->set_reconnection(true);
  home.peer().cuts();
  home.shard->advance(100ms);
  EXPECT_EQ(home.attempts(), 2u);
  client_home off;
  const auto other = off.joined();
  off.manager->set_reconnection(false);
  off.peer().cuts();
  off.shard->advance(1h);
  EXPECT_EQ(off.attempts(), 1u);
}

// CM-20
TEST(Manager, CM_20_ClosesWithTheLastSocket) {
  client_home home;
  const auto one = home.joined(), two = home.socket("/two");
  two.connect();
  home.welcome("/two", R"({"sid":"x"})");
  one.disconnect();
  EXPECT_TRUE(home.peer().is_held());
  two.disconnect();
  EXPECT_FALSE(home.peer().is_held());
  EXPECT_EQ(home.peer().heard(), (lines{"0/two,", "1", "1/two,"}));
}

// CM-21
TEST(Manager, CM_21_AsksAnewWithWhatWasChanged) {
  client_home home;
  const auto io = home.joined();
  home.manager->next.query = {{"token", "2"}};
  home.manager->next.transports = {"websocket"};
  home.manager->delays.first = 10ms;
  home.peer().cuts();
  home.shard->advance(10ms);
  ASSERT_EQ(home.attempts(), 2u);
  EXPECT_EQ(home.peer().with.query, (name_value_list{{"token", "2"}}));
  EXPECT_EQ(home.peer().with.transports, lines{"websocket"});
}

// CM-11
TEST(Manager, CM_11_AnAttemptTakesNoLongerThanItsTimeout) {
  auto options = client_home::quick();
  options.timeout = 1'000ms;
  client_home home(options);
  home.watch();
  home.manager->open();
  home.shard->advance(999ms);
  home.expect({});
  home.shard->advance(1ms);
  home.expect({"error: timeout"});
  EXPECT_FALSE(home.peer().is_held());
  home.shard->advance(100ms);
  home.peer().opens();
  home.shard->advance(1h);  // an open one has all the time
  EXPECT_EQ(home.attempts(), 2u);
  client_home patient([] {
    auto made = client_home::quick();
    made.timeout.reset();
    return made;
  }());
  patient.manager->open();
  patient.shard->advance(24h);
  EXPECT_TRUE(patient.peer().is_held());
}

// CM-10: pauses grow, and begin anew behind a success
TEST(Manager, CM_10_PausesGrowUpToTheirLimit) {
  client_home home;
  const auto io = home.joined();
  for (int round = 0; round < 2; ++round) {
    home.peer().cuts();
    for (const auto pause : {100ms, 200ms, 400ms, 400ms, 400ms}) {
      const auto before = home.attempts();
      home.shard->advance(pause - 1ms);
      EXPECT_EQ(home.attempts(), before);
      home.shard->advance(1ms);
      ASSERT_EQ(home.attempts(), before + 1);
      home.peer().fails();
    }
    home.come_back(io);
    EXPECT_TRUE(io.connected());
  }
}

// ---- opening by hand

// In the pause it is the next attempt of the loop, whatever becomes of it.
TEST(Manager, MayBeOpenedDuringThePause) {
  for (const bool works : {false, true}) {
    client_home home;
    home.watch();
    const auto io = home.joined();
    home.peer().cuts();
    home.told.clear();
    home.manager->open();
    EXPECT_EQ(home.attempts(), 2u);
    if (works) {
      home.peer().opens();
      home.welcome();
      home.expect({"open", "reconnect 1"});
      home.peer().cuts();
    } else {
      home.peer().fails();
      home.expect({"error: xhr poll error", "reconnect_error: xhr poll error"});
    }
    home.shard->advance(500ms);
    EXPECT_EQ(home.attempts(), 3u) << "the loop goes on";
  }
}

// Whoever connects in a callback has done it; the next loss is a loss like the first.
TEST(Manager, MayBeOpenedWhenItWasLost) {
  auto options = client_home::quick();
  options.timeout.reset();
  client_home home(options);
  const auto io = home.joined();
  io.on_disconnect([&](const client_disconnect&) { io.connect(); });
  for (std::size_t round = 1; round < 4; ++round) {
    home.peer().cuts();
    EXPECT_EQ(home.attempts(), round + 1) << "at once";
    home.shard->advance(1h);
    EXPECT_EQ(home.attempts(), round + 1) << "and once";
    home.peer().opens();
    home.welcome();
    EXPECT_TRUE(io.connected());
  }
}

TEST(Manager, MayBeOpenedWhenAnAttemptHasFailed) {
  auto options = client_home::quick();
  options.timeout.reset();
  for (const bool by_manager : {false, true}) {
    client_home home(options);
    const auto io = home.socket();
    int times = 0;
    io.on_connect_error([&](const connect_failure&) {
      if (++times == 2) by_manager ? home.manager->open() : static_cast<void>(io.connect());
    });
    io.connect();
    home.peer().fails();
    home.shard->advance(100ms);
    home.peer().fails();  // of the loop
    home.shard->advance(1h);
    EXPECT_EQ(home.attempts(), 3u);
    home.peer().opens();
    home.welcome();
    ASSERT_TRUE(io.connected());
    home.peer().cuts();
    home.shard->advance(1h);
    EXPECT_EQ(home.attempts(), 4u);
  }
}

// ---- the network

TEST(Manager, NetworkChangedTriesNow) {
  client_home home;
  const auto io = home.joined();
  home.manager->network_changed();
  EXPECT_EQ(home.peer().aborted, "the network has changed");
  home.peer().cuts();
  home.manager->network_changed();
  EXPECT_EQ(home.attempts(), 2u);
  home.manager->network_changed();
  EXPECT_EQ(home.attempts(), 2u);
  home.peer().fails();
  home.shard->advance(500ms);
  EXPECT_EQ(home.attempts(), 3u);
}

// HB-09
TEST(Manager, HB_09_GivesUpAConnectionWhosePingIsOverdue) {
  client_home home;
  const auto io = home.joined();
  home.watch(io);
  home.peer().expired = true;
  EXPECT_TRUE(io.emit("kept", 1));
  home.expect({});
  EXPECT_EQ(io.buffered().size(), 1u);
  home.shard->run();
  home.expect({"disconnect: ping timeout"});
  home.come_back(io);
  home.expect({"connect"});
  EXPECT_EQ(home.peer().heard(), (lines{"0", R"(2["kept",1])"}));
}

// DM-09
TEST(Manager, DM_09_GivesUpAConnectionThatSaysNonsense) {
  for (const char* wrong : {"", "9", "2", "2[]", "2{}", "x", "51-", R"(2["a",)"}) {
    client_home home;
    const auto io = home.joined();
    home.watch(io);
    home.peer().says(wrong);
    home.expect({"disconnect: parse error"});
    home.shard->advance(100ms);
    EXPECT_EQ(home.attempts(), 2u);
  }
}

// ---- the end

TEST(Manager, ShutsDownBehindWhatWasSent) {
  client_home home;
  home.watch();
  const auto io = home.joined();
  home.watch(io);
  int over = 0;
  io.emit("last", [&](std::error_code) { home.note("never"); });
  home.manager->shut_down([&] { ++over; });
  EXPECT_EQ(home.peer().heard(), (lines{R"(20["last"])", "1"}));
  EXPECT_FALSE(io.connected());
  EXPECT_FALSE(io.active());
  EXPECT_EQ(over, 0);
  home.peer().has_ended();
  EXPECT_EQ(over, 1);
  EXPECT_FALSE(io.emit("late"));
  io.connect();
  io.disconnect();
  home.manager->open();
  home.shard->advance(1h);
  EXPECT_EQ(home.attempts(), 1u);
  home.expect({});
}

TEST(Manager, ShutsDownInThePauseAndWhileItOpens) {
  client_home pause;
  const auto io = pause.joined();
  pause.peer().cuts();
  pause.peer().has_ended();
  int over = 0;
  pause.manager->shut_down([&] { ++over; });
  EXPECT_EQ(over, 1);
  pause.shard->advance(1h);
  EXPECT_EQ(pause.attempts(), 1u);

  client_home opening;
  opening.manager->open();
  opening.manager->shut_down([&] { ++over; });
  EXPECT_FALSE(opening.peer().is_held());
  opening.peer().has_ended();
  EXPECT_EQ(over, 2);
}

TEST(Manager, IsCut) {
  client_home home;
  const auto io = home.joined();
  int over = 0;
  home.manager->shut_down([&] { ++over; });
  home.manager->hurry();
  EXPECT_TRUE(home.peer().hurried);
  home.manager->cut();
  EXPECT_FALSE(home.peer().ended);
  EXPECT_EQ(over, 0);
}

// Sent, and read: what the system has taken may still be lost.
TEST(Manager, KnowsWhenEverythingWasRead) {
  client_home home;
  const auto io = home.socket();
  io.emit("early");
  EXPECT_FALSE(home.manager->everything_sent());
  std::optional<bool> read;
  home.manager->when_read([&](bool how) { read = how; });
  home.join(io);
  EXPECT_FALSE(home.peer().asked);
  home.peer().drains();
  EXPECT_TRUE(home.manager->everything_sent());
  EXPECT_FALSE(read);
  home.peer().reads();
  EXPECT_EQ(read, true);
  read.reset();
  home.manager->when_read([&](bool how) { read = how; });
  EXPECT_FALSE(read);
  home.peer().reads();
  EXPECT_EQ(read, true);
}

// Nobody knows what became of it.
TEST(Manager, KnowsThatNobodyKnowsWhatWasRead) {
  for (const bool is_cut : {true, false}) {
    client_home home;
    const auto io = home.joined();
    io.emit("perhaps");
    home.peer().all_read = false;
    home.peer().drains();
    EXPECT_FALSE(home.manager->everything_read());
    std::optional<bool> read;
    home.manager->when_read([&](bool how) { read = how; });
    if (is_cut)
      home.peer().cuts();
    else
      io.disconnect();
    EXPECT_FALSE(home.peer().asked);
    EXPECT_FALSE(read) << "the connection still says good-bye";
    home.peer().has_ended();
    EXPECT_EQ(read, false);
    home.manager->when_read([&](bool how) { read = how; });
    EXPECT_EQ(read, true) << "it was told once";
  }
}

// The answer may come with the good-bye: "emit, disconnect, stop(5s)".
TEST(Manager, WaitsForWhatAClosingConnectionSays) {
  for (const bool all_read : {true, false}) {
    client_home home;
    const auto io = home.joined();
    io.emit("last");
    io.disconnect();
    std::optional<bool> read;
    home.manager->when_read([&](bool how) { read = how; });
    EXPECT_FALSE(home.manager->everything_read());
    EXPECT_FALSE(read);
    home.peer().all_read = all_read;
    home.peer().has_ended();
    EXPECT_EQ(read, all_read);
  }
}

// What waited goes on with the next connection, but that does not make up for the first one's.
TEST(Manager, AnotherConnectionDoesNotKnowWhatTheFirstOneLost) {
  client_home home;
  const auto io = home.joined();
  io.emit("perhaps");
  std::optional<bool> read;
  home.peer().queued = 20;
  home.manager->when_read([&](bool how) { read = how; });
  home.peer().all_read = false;
  home.peer().cuts();
  io.emit("kept");
  home.peer().has_ended();
  EXPECT_FALSE(read.has_value());
  home.shard->advance(100ms);
  home.join(io);
  home.peer().drains();
  home.peer().reads();
  EXPECT_EQ(read, false);
  // While nobody waits, what a connection loses is nobody's concern behind the next one.
  home.peer().all_read = false;
  home.peer().cuts();
  home.peer().has_ended();
  home.shard->advance(100ms);
  home.join(io);
  EXPECT_EQ(home.attempts(), 3u);
  EXPECT_TRUE(io.connected());
  home.peer().drains();
  read.reset();
  home.manager->when_read([&](bool how) { read = how; });
  home.peer().reads();
  EXPECT_EQ(read, true);
}

// Of one connection, and what was said for that forgotten.
std::pair<client_socket, client_socket> two_joined(client_home& home) {
  auto one = home.joined(), two = home.socket("/two");
  two.connect();
  home.welcome("/two");
  home.peer().heard();
  return {std::move(one), std::move(two)};
}

// DM-01: the last DISCONNECT of a connection is its last word; the others do not end it.
TEST(Manager, TheLastWordsOfAConnectionComeWithItsEnd) {
  client_home home;
  const auto [one, two] = two_joined(home);
  one.disconnect();
  EXPECT_EQ(home.peer().heard(), lines{"1"});
  EXPECT_TRUE(home.peer().is_held());
  two.emit("late");
  two.disconnect();
  EXPECT_FALSE(home.peer().is_held());
  EXPECT_EQ(home.peer().last_begins, 1u);
  EXPECT_EQ(home.peer().heard(), (lines{R"(2/two,["late"])", "1/two,"}));
}

// Whoever connects again inside of the end comes too late.
TEST(Manager, NobodyConnectsWhileAllEnd) {
  client_home home;
  const auto [one, two] = two_joined(home);
  one.on_disconnect([again = one](const client_disconnect&) { again.connect(); });
  home.manager->finish_sockets();
  EXPECT_EQ(home.attempts(), 1u);
  EXPECT_EQ(home.peer().heard(), (lines{"1", "1/two,"}));
}

TEST(Manager, AllThatEndTogetherSayItWithTheEnd) {
  for (const bool stops : {true, false}) {
    client_home home;
    const auto [one, two] = two_joined(home);
    one.emit("late");
    if (stops)
      home.manager->finish_sockets();
    else
      home.manager->shut_down(nullptr);
    EXPECT_EQ(home.peer().last_begins, 1u);
    EXPECT_EQ(home.peer().heard(), (lines{R"(2["late"])", "1", "1/two,"}));
  }
}

// What is given up is not waited for.
TEST(Manager, GivingUpIsAnEndOfWaiting) {
  auto options = client_home::quick();
  options.offline_buffer_age_max = 1s;
  client_home home(options);
  const auto io = home.socket();
  int told = 0;
  io.timeout(500ms).emit("asked", [](std::error_code) {});
  home.manager->when_read([&](bool) { ++told; });
  home.shard->advance(499ms);
  EXPECT_EQ(told, 0);
  home.shard->advance(1ms);
  EXPECT_EQ(told, 1);
  io.emit("old");
  home.manager->when_read([&](bool) { ++told; });
  home.shard->advance(999ms);
  EXPECT_EQ(told, 1);
  home.shard->advance(1ms);
  EXPECT_EQ(told, 2);
}

TEST(Manager, RetriesThatAreGivenUpAreAnEndOfWaiting) {
  client_home home;
  const auto io = home.socket("/", {.retries = 1, .ack_timeout = 100ms});
  home.join(io);
  int told = 0;
  io.emit("never acknowledged");
  home.peer().drains();
  home.manager->when_read([&](bool) { ++told; });
  home.shard->advance(100ms);
  EXPECT_EQ(told, 0);
  home.peer().drains();
  home.shard->advance(100ms);
  EXPECT_EQ(told, 0);
  home.peer().reads();
  EXPECT_EQ(told, 1);
}

// CM-17: after a loop that was ended while it opened a connection
TEST(Manager, AnEndedLoopBeginsAnew) {
  client_home home;
  const auto io = home.joined();
  home.peer().cuts();
  home.shard->advance(100ms);
  home.manager->set_reconnection(false);  // an attempt is under way
  home.peer().fails();
  home.shard->advance(1h);
  EXPECT_EQ(home.attempts(), 2u);
  home.manager->set_reconnection(true);
  home.manager->open();
  home.peer().fails();
  home.shard->advance(100ms);
  EXPECT_EQ(home.attempts(), 4u);
}

TEST(Manager, ItsEndIsToldOnce) {
  client_home home;
  home.watch();
  const auto one = home.joined();
  static_cast<void>(home.socket("/never connected"));
  home.watch(one);
  home.manager->finish_sockets();
  home.expect({"close: forced close", "disconnect: io client disconnect"});
}

TEST(Manager, SocketsMadeBehindItsEndAreEnded) {
  client_home home;
  static_cast<void>(home.joined());
  home.manager->shut_down(nullptr);
  const auto late = home.socket("/late");
  std::error_code why;
  EXPECT_FALSE(late.emit("anything", [&](std::error_code error) { why = error; }));
  EXPECT_FALSE(late.emit("anything"));
  late.connect();
  EXPECT_FALSE(late.active());
  EXPECT_EQ(late.buffered_bytes(), 0u);
}

TEST(Manager, ClearingABufferIsAnEndOfWaiting) {
  client_home home;
  const auto io = home.socket();
  io.emit("early");
  bool sent = false;
  home.manager->when_read([&](bool) { sent = true; });
  io.clear_buffer();
  EXPECT_TRUE(sent);
}

}  // namespace
}  // namespace socketio::client_side
