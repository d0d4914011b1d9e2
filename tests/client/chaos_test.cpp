// The proxy that does harm: what it forwards, each harm by itself, and that a seed says everything.
#include "client/chaos.hpp"

#include "support/raw_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace socketio::test {
namespace {

using namespace std::chrono_literals;

// Sends back what it receives, and ends when the peer does; counts the sizes of what it reads.
class echo_server {
 public:
  echo_server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 100);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    accepting_ = std::thread([this] {
      for (int one; (one = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
        echoing_.emplace_back([this, one] { echo(one); });
    });
  }
  ~echo_server() {
    stop_accepting();
    for (auto& one : echoing_) one.join();
  }
  void stop_accepting() {
    if (!accepting_.joinable()) return;
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    ::close(listener_);
  }
  std::uint16_t port = 0;
  std::atomic<std::size_t> single_bytes{0}, resets{0};

 private:
  void echo(int descriptor) {
    char buffer[65'536];
    ssize_t count;
    while ((count = ::recv(descriptor, buffer, sizeof buffer, 0)) > 0) {
      if (count == 1) ++single_bytes;
      for (ssize_t sent = 0; sent < count;) {
        const ssize_t some =
            ::send(descriptor, buffer + sent, static_cast<std::size_t>(count - sent), MSG_NOSIGNAL);
        if (some <= 0) break;
        sent += some;
      }
    }
    if (count < 0) ++resets;
    ::close(descriptor);
  }
  int listener_;
  std::thread accepting_;
  std::vector<std::thread> echoing_;
};

std::string noise(std::size_t length) {
  std::string out;
  std::uint32_t state = 7;
  while (out.size() < length) out += static_cast<char>((state = state * 1'664'525 + 1) >> 24);
  return out;
}

// What comes back of `bytes` before the end, or all of it.
std::string echoed(std::uint16_t port, const std::string& bytes) {
  raw_client client(port);
  client.send(bytes);
  client.finish_sending();
  return client.read_to_end();
}

TEST(Chaos, without_options_it_only_forwards) {
  echo_server server;
  chaos_proxy chaos(server.port);
  const std::string bytes = noise(1'000'000);
  EXPECT_TRUE(echoed(chaos.port(), bytes) == bytes);
  EXPECT_EQ(echoed(chaos.port(), ""), "");
  const chaos_counters counters = chaos.counters();
  EXPECT_EQ(counters.connections, 2u);
  EXPECT_EQ(counters.bytes_to_target, 1'000'000u);
  EXPECT_EQ(counters.bytes_from_target, 1'000'000u);
  EXPECT_EQ(counters.cuts(), 0u);
  EXPECT_TRUE(chaos.decisions().empty());
}

TEST(Chaos, what_is_only_late_or_in_pieces_still_arrives) {
  echo_server server;
  chaos_proxy chaos(
      server.port,
      {.every = 2'000, .delay = 1, .trickle = 1, .hold = 1, .delay_max = 2ms, .trickle_max = 20});
  const std::string bytes = noise(100'000);
  EXPECT_TRUE(echoed(chaos.port(), bytes) == bytes) << chaos.log();
  const chaos_counters counters = chaos.counters();
  EXPECT_GT(counters.delays, 5u);
  EXPECT_GT(counters.trickles, 5u);
  EXPECT_GT(counters.holds, 5u);
  EXPECT_EQ(counters.cuts(), 0u);
}

TEST(Chaos, bytes_come_one_by_one) {
  echo_server server;
  chaos_proxy chaos(server.port, {.every = 1, .trickle = 1, .trickle_max = 1'000});
  const std::string bytes = noise(3'000);
  EXPECT_EQ(echoed(chaos.port(), bytes), bytes);
  EXPECT_GT(server.single_bytes, 0u);
}

// The bytes before the cut arrive, and nothing after it.
TEST(Chaos, connections_end_in_the_middle) {
  echo_server server;
  const std::string bytes = noise(100'000);
  for (const bool reset : {false, true}) {
    chaos_proxy chaos(server.port, {.every = 10'000, .finish = !reset, .reset = reset});
    const std::string got = echoed(chaos.port(), bytes);
    EXPECT_LT(got.size(), bytes.size());
    EXPECT_EQ(got, bytes.substr(0, got.size()));
    EXPECT_EQ(chaos.counters().cuts(), 1u);
    EXPECT_EQ(chaos.counters().resets, reset ? 1u : 0u);
    EXPECT_EQ(chaos.decisions().size(), 1u) << chaos.log();
  }
}

TEST(Chaos, one_direction_ends_and_the_other_goes_on) {
  echo_server server;
  // The echo never becomes long enough to be harmed: what is lost is lost on the way there.
  chaos_proxy chaos(server.port, {.every = 1'000, .unharmed = 5'000, .truncate = 1});
  raw_client client(chaos.port());
  client.send(noise(10'000));
  const std::string got = client.read_to_end();
  EXPECT_GE(got.size(), 5'000u);
  EXPECT_LT(got.size(), 7'000u);
  EXPECT_EQ(got, noise(10'000).substr(0, got.size()));
  EXPECT_GE(chaos.counters().truncated, 1u);
}

TEST(Chaos, a_black_hole_is_silent) {
  echo_server server;
  chaos_proxy chaos(server.port, {.every = 10, .unharmed = 100, .black_hole = 1});
  raw_client client(chaos.port());
  client.send(noise(50));
  EXPECT_EQ(client.read_exactly(50), noise(50));
  client.send(noise(1'000));
  while (chaos.counters().black_holes == 0) std::this_thread::yield();
  EXPECT_TRUE(client.sees_silence());
  EXPECT_EQ(chaos.open_connections(), 1u);
  chaos.cut_all();
  EXPECT_TRUE(client.sees_end());
}

TEST(Chaos, a_reset_of_a_peer_is_passed_on) {
  echo_server server;
  chaos_proxy chaos(server.port);
  raw_client client(chaos.port());
  client.send("x");
  EXPECT_EQ(client.read_exactly(1), "x");
  client.reset();
  while (chaos.open_connections() > 0) std::this_thread::yield();
  while (server.resets == 0) std::this_thread::yield();
}

TEST(Chaos, nobody_behind_it_is_a_reset) {
  echo_server server;
  server.stop_accepting();
  chaos_proxy chaos(server.port);
  raw_client client(chaos.port());
  EXPECT_TRUE(client.sees_end());
  EXPECT_EQ(chaos.counters().unreachable, 1u);
}

TEST(Chaos, connections_are_refused_by_chance_or_by_order) {
  echo_server server;
  chaos_proxy chaos(server.port, {.refuse_percent = 50, .cuts_max = 1'000});
  for (int i = 0; i < 40; ++i) echoed(chaos.port(), "x");
  EXPECT_GT(chaos.counters().refused, 5u);
  EXPECT_LT(chaos.counters().refused, 35u);
  chaos_proxy other(server.port);
  other.refuse(true);
  EXPECT_EQ(echoed(other.port(), "x"), "");
  other.refuse(false);
  EXPECT_EQ(echoed(other.port(), "x"), "x");
}

TEST(Chaos, freezes_and_goes_on) {
  echo_server server;
  chaos_proxy chaos(server.port);
  raw_client client(chaos.port());
  client.send("a");
  EXPECT_EQ(client.read_exactly(1), "a");
  chaos.freeze(true);
  client.send("b");
  EXPECT_TRUE(client.sees_silence());
  chaos.freeze(false);
  EXPECT_EQ(client.read_exactly(1), "b");
}

TEST(Chaos, has_only_as_many_cuts_as_it_may_and_can_be_calmed) {
  echo_server server;
  const chaos_options options{.every = 100, .reset = 1, .cuts_max = 3};
  const std::string bytes = noise(20'000);
  chaos_proxy chaos(server.port, options);
  for (int i = 0; i < 3; ++i) EXPECT_LT(echoed(chaos.port(), bytes).size(), bytes.size());
  EXPECT_EQ(echoed(chaos.port(), bytes), bytes);
  EXPECT_EQ(chaos.counters().cuts(), 3u);
  chaos_proxy calmed(server.port, {.every = 100, .reset = 1});
  calmed.calm();
  EXPECT_EQ(echoed(calmed.port(), bytes), bytes);
}

// However the kernel cuts what travels.
TEST(Chaos, the_same_seed_does_the_same) {
  echo_server server;
  const auto decisions = [&](std::uint64_t seed, bool byte_by_byte) {
    chaos_proxy chaos(server.port, {.seed = seed,
                                    .every = 300,
                                    .delay = 3,
                                    .trickle = 3,
                                    .hold = 3,
                                    .delay_max = 1ms,
                                    .trickle_max = 10});
    for (int i = 0; i < 3; ++i) {
      raw_client client(chaos.port());
      if (byte_by_byte)
        client.send_byte_by_byte(noise(3'000));
      else
        client.send(noise(3'000));
      client.finish_sending();
      EXPECT_EQ(client.read_to_end(), noise(3'000));
    }
    auto all = chaos.decisions();
    std::sort(all.begin(), all.end());  // the directions do not wait for each other
    return all;
  };
  const auto once = decisions(7, false);
  EXPECT_GT(once.size(), 20u);
  EXPECT_EQ(once, decisions(7, false));
  EXPECT_EQ(once, decisions(7, true));
  EXPECT_NE(once, decisions(8, false));
}

}  // namespace
}  // namespace socketio::test
