// The echo path allocates nothing once it is warm: a packet comes in, a typed handler runs, the
// acknowledgement or an event goes out. Under the sanitizers frames are not pooled, and so not
// counted.
#include "core/recovery.hpp"
#include "core/socket.hpp"
#include "support/counted_allocations.hpp"
#include "unit/core/core_script.hpp"

#include <limits>

namespace socketio::core_testing {
namespace {

using test::allocations, test::bytes_refused, test::live_bytes;

struct point {
  int x = 0, y = 0;
};

// How many allocations one round costs when it is warm.
long cost_of(const std::function<void()>& round) {
  for (int i = 0; i < 100; i++) round();
  const long before = allocations;
  for (int i = 0; i < 100; i++) round();
  return allocations - before;
}

class HotPath : public ::testing::Test {
 protected:
  void SetUp() override {
    SOCKETIO_SKIP_UNLESS_COUNTED();
    of_.peer.keep_packets = false;
  }
  house home_;
  guest of_ = home_.welcome();
};

TEST_F(HotPath, an_echo_with_acknowledgement_allocates_nothing) {
  of_.socket.on("echo", [](std::string_view text) { return text; });
  EXPECT_EQ(cost_of([&] { of_.peer.says(R"(2123["echo","thirty-two bytes of text, or more"])"); }),
            0);
  of_.socket.on("point", [](const point& at) { return point{at.y, at.x}; });
  EXPECT_EQ(cost_of([&] { of_.peer.says(R"(2123["point",{"x":1,"y":2}])"); }), 0);
  EXPECT_EQ(of_.peer.packets, 401u) << "each was answered";
}

TEST_F(HotPath, a_handler_of_the_namespace_allocates_nothing) {
  home_.of().on("echo", [](const socket& from, std::string_view text) { from.emit("echo", text); });
  EXPECT_EQ(cost_of([&] { of_.peer.says(R"(2["echo","thirty-two bytes of text, or more"])"); }), 0);
}

TEST_F(HotPath, a_broadcast_to_everybody_allocates_the_same_for_one_and_for_many) {
  const auto main = home_.of();
  const long for_one = cost_of([&] { main.emit("news", "something new"); });
  for (int i = 0; i < 50; i++) home_.welcome().peer.keep_packets = false;
  EXPECT_EQ(cost_of([&] { main.emit("news", "something new"); }), for_one);
  EXPECT_LE(for_one, 100 * 2) << "per broadcast";
}

// With recovery on, an echo is kept without an allocation, once the log is as large as it gets.
TEST(HotPathWithRecovery, an_echo_allocates_nothing) {
  SOCKETIO_SKIP_UNLESS_COUNTED();
  hub_options options;
  options.recovery = core::recovery_limits{.log_bytes_max = 8192};
  house home(options);
  const guest of = home.welcome();
  of.peer.keep_packets = false;
  home.of().on("echo", [](const socket& from, std::string_view text) { from.emit("echo", text); });
  EXPECT_EQ(cost_of([&] { of.peer.says(R"(2["echo","thirty-two bytes of text, or more"])"); }), 0);
  EXPECT_EQ(home.counters().recovery_log_events.get(), home.of().impl()->recovery()->log().size());
  EXPECT_GT(home.counters().recovery_log_events.get(), 30u);
}

TEST(SizesOfSockets, are_what_they_were_before_recovery) {
  EXPECT_EQ(sizeof(core::membership), 16u);
  EXPECT_LE(sizeof(core::socket), 232u);
  EXPECT_EQ(sizeof(core::recovery_log::entry), 40u);
}

using Memory = HotPath;

TEST_F(Memory, of_a_connection_is_no_multiple_of_what_it_sent_as_auth) {
  std::string auth = R"({"a":[0)";
  for (int i = 0; i < 100'000; i++) auth += ",0";
  auth += "]}";
  home_.welcome().peer.says("1").says("0" + auth);  // warms the buffers
  connection& peer = home_.connect();
  const long before = live_bytes;
  const std::string id = peer.join("/", auth);
  EXPECT_LE(live_bytes - before, 2 * static_cast<long>(auth.size()));
  EXPECT_EQ(home_.find(id).handshake().auth["a"].as_array()->size(), 100'001u);
}

TEST_F(Memory, that_runs_out_while_an_event_is_read_is_an_exception_of_that_event) {
  const std::string event = R"(21["x",")" + std::string(100'000, 'a') + R"("])";
  of_.peer.keep_packets = true;
  for (const bool middleware : {false, true}) {
    int calls = 0;
    of_.socket.on_any([&](std::string_view, const values&) { calls++; });
    if (middleware) of_.socket.use([](event_packet&, const next_fn& next) { next(); });
    of_.peer.says(event);
    EXPECT_EQ(calls, 1);
    bytes_refused = 90'000;
    EXPECT_NO_THROW(of_.peer.says(event));
    bytes_refused = std::numeric_limits<std::size_t>::max();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(of_.peer.next(),
              R"(31[{"error":{"code":"internal_error","message":"the handler failed"}}])");
    EXPECT_EQ(home_.errors, (std::vector<std::string>{"x: std::bad_alloc"}));
    home_.errors.clear();
    of_.socket.off_any();
  }
  EXPECT_TRUE(of_.socket.connected());
}

}  // namespace
}  // namespace socketio::core_testing
