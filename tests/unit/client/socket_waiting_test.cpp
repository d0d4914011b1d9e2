// What waits in a socket: for a connection, for room in its queue, for CONNECT, for its turn.
#include "client_home.hpp"

namespace socketio::client_side {
namespace {

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

}  // namespace
}  // namespace socketio::client_side
