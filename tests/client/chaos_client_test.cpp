// Our client through a network that does harm, to an official server: delays, bytes one by one,
// held back, connections that end anywhere. What is promised holds for each seed; a failure names
// its seed. SOCKETIO_CHAOS_SEEDS: how many of them, instead of a few.
#include "client/chaos.hpp"
#include "client/journal.hpp"
#include "client/node_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <map>
#include <set>

using namespace std::chrono_literals;

namespace socketio::test {
namespace {

std::uint64_t seeds() {
  const char* const given = std::getenv("SOCKETIO_CHAOS_SEEDS");
  return given ? std::strtoull(given, nullptr, 10) : 12;
}

const std::vector<std::vector<std::string>> ways = {
    {"polling"}, {"websocket"}, {"polling", "websocket"}};

client_options quick(std::uint64_t seed) {
  client_options made;
  made.reconnection_delay = 5ms;
  made.reconnection_delay_max = 40ms;
  made.timeout = 2s;
  made.transports = ways[seed % ways.size()];
  return made;
}

chaos_options harm(std::uint64_t seed) {
  return {.seed = seed,
          .every = 1'500,
          .unharmed = 400,
          .delay = 3,
          .trickle = 2,
          .hold = 2,
          .finish = 1,
          .reset = 2,
          .truncate = 1,
          .delay_max = 10ms,
          .cuts_max = 12};
}

// A dead connection is noticed soon: black holes and halves are silent.
value server_options() {
  return value::map({{"ping_interval", 200}, {"ping_timeout", 200}, {"recovery", true}});
}

std::string through(const chaos_proxy& proxy) {
  return "http://127.0.0.1:" + std::to_string(proxy.port());
}

// CS-13, CS-14: each event arrives, in order, and its key tells the first time from the others
TEST(ChaosClient, CS_13_RetriesBringEverything) {
  node_server server(server_options());
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    chaos_proxy chaos(server.port(), harm(seed));
    constexpr int count = 25;
    auto options = quick(seed);
    options.retries = 1'000;
    options.retry_keys = true;
    options.ack_timeout = 500ms;
    journal log;
    client io(through(chaos), options);
    const std::string name = "event-" + std::to_string(seed);
    for (int n = 0; n < count; ++n)
      io.emit(name, n, std::string(200, 'x'), [&log, n](std::error_code why) {
        log.note("ack " + std::to_string(n) + ' ' + why.message());
      });
    for (int n = 0; n < count; ++n)
      ASSERT_TRUE(log.has("ack " + std::to_string(n) + " Success")) << chaos.log() << log.text();
    EXPECT_EQ(log.lines().size(), static_cast<std::size_t>(count)) << log.text();
    EXPECT_EQ(log.lines().back(), "ack " + std::to_string(count - 1) + " Success");
    EXPECT_EQ(io.buffered_bytes(), 0u);
    std::map<std::string, std::int64_t> first;
    std::int64_t next = 0;
    while (next < count) {
      const auto seen =
          server.wait_for("event", [&](const value& what) { return what["event"] == value(name); });
      const auto& arguments = *seen["args"].as_array();
      const std::string key = *arguments.back().as_string();
      const auto [at, is_new] = first.emplace(key, next);
      if (is_new) ++next;
      EXPECT_EQ(arguments.front(), value(at->second)) << chaos.log();
    }
    io.stop();
  }
}

// ACK-12: without retries each acknowledgement settles once, and the client comes back
TEST(ChaosClient, ACK_12_SettlesEachAcknowledgementOnce) {
  node_server server(server_options());
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    chaos_proxy chaos(server.port(), harm(seed + 1'000));
    constexpr int count = 150;
    std::vector<int> settled(count);  // on the thread of the client
    std::atomic<int> all{0};
    journal log;
    client io(through(chaos), quick(seed));
    watch(io, log);
    for (int n = 0; n < count; ++n) {
      if (n % 10 == 0) std::this_thread::sleep_for(3ms);
      io.emit("echo", n, std::string(100, 'x'), [&, n](std::error_code, int) {
        ++settled[static_cast<std::size_t>(n)];
        ++all;
      });
    }
    ASSERT_TRUE(soon([&] { return all >= count; })) << all << chaos.log() << log.text();
    chaos.cut_all();
    chaos.calm();
    ASSERT_TRUE(soon([&] {
      std::promise<bool> answered;
      auto told = answered.get_future();
      io.timeout(500ms).emit("echo", 1, [&](std::error_code why) { answered.set_value(!why); });
      return told.get();
    })) << chaos.log()
        << log.text();
    io.stop();
    for (int n = 0; n < count; ++n) EXPECT_EQ(settled[static_cast<std::size_t>(n)], 1) << n;
  }
}

// CR-11: as long as `recovered` is true no event of the server is lost or comes twice
TEST(ChaosClient, CR_11_RecoveryLosesNothing) {
  node_server server(server_options());
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    chaos_proxy chaos(server.port(), harm(seed + 2'000));
    journal log;
    std::atomic<int> last{-1}, wrong{0}, fresh{0};
    bool known = false;  // whether the next number must follow
    client io(through(chaos), quick(seed));
    io.on_connect([&] {
      if (io.recovered()) return;
      known = false;
      ++fresh;
      log.note("connect");
    });
    io.on("n", [&](int n) {
      if (known && n != last + 1) {
        ++wrong;
        log.note("got " + std::to_string(n) + " behind " + std::to_string(last));
      }
      known = true;
      last = n;
    });
    ASSERT_TRUE(log.has("connect")) << chaos.log();
    constexpr int count = 60;
    for (int n = 0; n < count; ++n) {
      server.command(value::map(
          {{"cmd", "emit"}, {"event", "n"}, {"args", value::list({n, std::string(80, 'x')})}}));
      if (n % 20 == 10) chaos.cut_all(n % 40 == 10);
    }
    chaos.calm();
    // The last one comes, or a client that was not recovered did not see it.
    const auto end = std::chrono::steady_clock::now() + 20s;
    for (int n = count; last < count - 1; ++n) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << chaos.log() << log.text();
      server.command(
          value::map({{"cmd", "emit"}, {"event", "n"}, {"args", value::list({n, "x"})}}));
      std::this_thread::sleep_for(5ms);
    }
    io.stop();
    EXPECT_EQ(wrong, 0) << chaos.log() << log.text();
  }
}

}  // namespace
}  // namespace socketio::test
