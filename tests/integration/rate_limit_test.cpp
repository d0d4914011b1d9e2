// Rate limits over real sockets: SD-25, SD-26. What core decides is tested in
// tests/unit/core/client_limits_test.cpp; here it is that reading really stops and goes on, that
// handshakes are refused, and that the shards share what an address may do.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <mutex>
#include <set>
#include <vector>

namespace socketio::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class RateLimit : public testing::Test {
 protected:
  void start(rate_limits limits, unsigned threads = 1, bool impatient = false) {
    server_options options;
    options.rate_limits = std::move(limits);
    options.threads = threads;
    options.close_timeout = milliseconds(50);
    if (impatient) options.ping_interval = options.ping_timeout = milliseconds(200);
    server_ = std::make_unique<running_server>(options);
    server_->io.on("n", [this](int n) {
      const std::lock_guard lock(mutex_);
      seen_.push_back(n);
    });
    server_->io.on("seen", [this] {
      const std::lock_guard lock(mutex_);
      return seen_;
    });
    server_->io.on_rate_limited([this](const rate_limited& what) {
      const std::lock_guard lock(mutex_);
      told_.push_back(std::string(to_string(what.limit)) + " " + std::string(what.address));
    });
    server_->io.on_disconnect([this](const socket&, const disconnect_reason& why) {
      const std::lock_guard lock(mutex_);
      reasons_.push_back(why);
    });
    server_->start();
  }
  void TearDown() override { server_.reset(); }  // its handlers use what stands below
  std::size_t seen() {
    const std::lock_guard lock(mutex_);
    return seen_.size();
  }

  std::unique_ptr<running_server> server_;
  std::mutex mutex_;  // guards what follows
  std::vector<int> seen_;
  std::vector<std::string> told_;
  std::vector<disconnect_reason> reasons_;
};

std::string numbers(int count) {
  std::string list;
  for (int i = 0; i < count; i++) list += (i ? "," : "") + std::to_string(i);
  return list;
}

// Sixty messages in one packet of the kernel, of which ten may come at once: the others wait, in
// order, for more than a second, which is longer than a peer may be silent.
TEST_F(RateLimit, DelayLosesNothingOverWebSocket) {
  start({.messages = {.per_second = 40, .burst = 10, .action = limit_action::delay}}, 1, true);
  raw_websocket fast(server_->io.port());
  raw_websocket other(server_->io.port());
  std::string all;
  for (int i = 0; i < 60; i++) all += text_frame("42[\"n\"," + std::to_string(i) + "]");
  const auto begin = steady_clock::now();
  fast.peer.send(all + text_frame(R"(427["seen"])"));
  other.peer.send(text_frame(R"(421["seen"])"));
  EXPECT_NE(other.read(), "") << "others are served meanwhile";
  EXPECT_LT(seen(), 60u);
  other.peer.close();
  EXPECT_EQ(fast.read(), "37[[" + numbers(60) + "]]");
  EXPECT_GE(steady_clock::now() - begin, milliseconds(1200));
  const std::lock_guard lock(mutex_);
  EXPECT_FALSE(told_.empty());
  EXPECT_EQ(told_.front(), "messages 127.0.0.1");
  for (const disconnect_reason& why : reasons_)
    EXPECT_NE(why.why, reason::ping_timeout) << why.detail;
}

// What is longer than the receive buffer of a shard stays in the kernel.
TEST_F(RateLimit, DelayKeepsMuchInTheKernel) {
  start({.bytes = {.per_second = 2'000'000, .burst = 100'000, .action = limit_action::delay}});
  raw_websocket fast(server_->io.port());
  const std::string padding(20'000, 'x');
  std::thread sender([&] {
    for (int i = 0; i < 50; i++)
      fast.peer.send(text_frame("42[\"n\"," + std::to_string(i) + ",\"" + padding + "\"]"));
    fast.peer.send(text_frame(R"(427["seen"])"));
  });
  const auto begin = steady_clock::now();
  EXPECT_EQ(fast.read(), "37[[" + numbers(50) + "]]");
  EXPECT_GE(steady_clock::now() - begin, milliseconds(400));
  sender.join();
}

// Over polling the answer to the POST waits.
TEST_F(RateLimit, DelayLosesNothingOverPolling) {
  start({.messages = {.per_second = 10, .burst = 1, .action = limit_action::delay}});
  raw_polling fast(server_->io.port());
  const auto begin = steady_clock::now();
  fast.emit(
      "[\"n\",0]\x1e"
      "42[\"n\",1]\x1e"
      "42[\"n\",2]\x1e"
      "42[\"n\",3]");
  EXPECT_GE(steady_clock::now() - begin, milliseconds(290));
  EXPECT_EQ(seen(), 4u);
  fast.emit("[\"n\",4]");
  EXPECT_GE(steady_clock::now() - begin, milliseconds(390));
  EXPECT_EQ(seen(), 5u);
}

// Whoever posts on while an answer is held breaks the protocol (HS-16).
TEST_F(RateLimit, DelayIsNotEvadedByASecondPost) {
  start({.messages = {.per_second = 0.01, .burst = 1, .action = limit_action::delay}});
  raw_polling fast(server_->io.port());
  const std::string target = "/socket.io/?EIO=4&transport=polling&sid=" + fast.session;
  fast.emit("[\"n\",0]");
  fast.peer.send(post(target, "42[\"n\",1]"));
  EXPECT_TRUE(fast.peer.sees_silence(100));
  raw_client second(server_->io.port());
  second.send(post(target, "42[\"n\",2]"));
  EXPECT_EQ(second.read_response().status, 400u);
  EXPECT_EQ(fast.peer.read_response().status, 200u) << "the first one was handled";
  EXPECT_TRUE(server_->becomes([](const server_counters& of) { return of.sessions == 0; }));
  EXPECT_EQ(seen(), 2u);
}

TEST_F(RateLimit, DisconnectHasACauseOfItsOwn) {
  start({.messages = {.per_second = 1, .burst = 5, .action = limit_action::disconnect}});
  raw_websocket fast(server_->io.port());
  for (int i = 0; i < 6; i++) fast.emit("[\"n\"," + std::to_string(i) + "]");
  EXPECT_EQ(fast.read(), "");
  ASSERT_TRUE(server_->becomes([](const server_counters& of) { return of.sockets == 0; }));
  const std::lock_guard lock(mutex_);
  ASSERT_EQ(reasons_.size(), 1u);
  EXPECT_EQ(reasons_[0].what, cause::rate_limited);
  EXPECT_EQ(seen_.size(), 5u);
}

// SD-25. Whatever the shard: an address has one bucket.
TEST_F(RateLimit, HandshakesAreRefusedWith429) {
  start({.handshakes = {.per_second = 0.01, .burst = 8}}, 4);
  std::deque<raw_websocket> in;
  for (int i = 0; i < 8; i++) in.emplace_back(server_->io.port());
  raw_client polling(server_->io.port());
  polling.send(get("/socket.io/?EIO=4&transport=polling"));
  const raw_response refused = polling.read_response();
  EXPECT_EQ(refused.status, 429u);
  EXPECT_GE(std::stoi(refused.headers.at("retry-after")), 50);
  EXPECT_LE(std::stoi(refused.headers.at("retry-after")), 100);
  EXPECT_EQ(refused.body.rfind(R"({"message":"too many handshakes","retryAfter":)", 0), 0u);
  raw_client upgrade(server_->io.port());
  EXPECT_EQ(upgrade.open_websocket("/socket.io/?EIO=4&transport=websocket"), 429u);
  in[0].peer.send(text_frame(R"(421["seen"])"));
  EXPECT_EQ(in[0].read(), "31[[]]") << "who is in stays in";
  const std::lock_guard lock(mutex_);
  ASSERT_FALSE(told_.empty());
  EXPECT_EQ(told_[0], "handshakes 127.0.0.1");
}

TEST_F(RateLimit, MessagesOfAnAddressCountOnAllShards) {
  start({.address_messages = {.per_second = 0.01, .burst = 20, .action = limit_action::drop}}, 4);
  std::deque<raw_websocket> all;
  for (int i = 0; i < 12; i++) all.emplace_back(server_->io.port());
  for (auto& one : all)
    for (int i = 0; i < 5; i++) one.emit("[\"n\",1]");
  ASSERT_TRUE(server_->becomes([](const server_counters& of) { return of.messages_in == 72; }));
  EXPECT_EQ(seen(), 20u);
}

// HD-15, SD-25. Whoever trusted proxies say it is has buckets of his own; an IPv6 address counts
// with its /64. Nobody else says who he is.
TEST(LimitsOfAddresses, AreThoseOfTheClientBehindTrustedProxies) {
  for (const bool trusted : {false, true}) {
    server_options options;
    options.threads = 2;
    if (trusted) options.trusted_proxies = {"127.0.0.0/8"};
    options.rate_limits.handshakes = {.per_second = 0.01, .burst = 2};
    options.rate_limits.address_messages = {.per_second = 0.01, .burst = 1};
    running_server server(options);
    std::mutex mutex;
    std::set<std::string> told;
    server.io.on_rate_limited([&](const rate_limited& what) {
      const std::lock_guard lock(mutex);
      told.insert(std::string(to_string(what.limit)) + " " + std::string(what.address));
    });
    server.io.on("n", [](int n) { return n; });
    server.start();
    const auto from = [](std::string_view address) {
      return "X-Forwarded-For: " + std::string(address) + "\r\n";
    };
    const auto handshake = [&](std::string_view address) {
      raw_client peer(server.io.port());
      peer.send(
          get("/socket.io/?EIO=4&transport=polling", from(address) + "Connection: close\r\n"));
      return peer.read_response().status;
    };
    const auto second_answer = [&](std::string_view address) {
      raw_client peer(server.io.port());
      if (peer.open_websocket("/socket.io/?EIO=4&transport=websocket", from(address)) != 101)
        return std::string("refused");
      peer.send(text_frame("40") + text_frame(R"(421["n",1])") + text_frame(R"(422["n",2])"));
      for (;;) {
        const raw_frame frame = peer.read_frame();
        if (!frame || frame.payload.starts_with("432")) return frame.payload;
      }
    };
    EXPECT_NE(second_answer("192.0.2.1").find("rate_limited"), std::string::npos);
    EXPECT_EQ(handshake("192.0.2.1"), 200u);
    EXPECT_EQ(handshake("192.0.2.1"), 429u);
    EXPECT_EQ(handshake("192.0.2.2"), trusted ? 200u : 429u);
    EXPECT_EQ(handshake("2001:db8::1"), trusted ? 200u : 429u);
    EXPECT_EQ(handshake("2001:db8::2"), trusted ? 200u : 429u);
    EXPECT_EQ(handshake("2001:db8::3"), 429u);
    EXPECT_EQ(handshake("2001:db8:0:1::3"), trusted ? 200u : 429u);
    server.stop();
    const std::string who = trusted ? "192.0.2.1" : "127.0.0.1";
    EXPECT_TRUE(told.count("handshakes " + who));
    EXPECT_TRUE(told.count("address_messages " + who));
  }
}

// SD-25. Clients of Socket.IO 2 are limited as well, and their pings are not missed while they are.
TEST(LimitsOfOlderClients, AreTheSame) {
  server_options options;
  options.allow_eio3 = true;
  options.ping_interval = options.ping_timeout = milliseconds(150);
  options.rate_limits.messages = {.per_second = 5, .burst = 1, .action = limit_action::delay};
  options.close_timeout = milliseconds(50);
  running_server server(options);
  server.io.on_rate_limited([](const rate_limited&) {});
  server.io.on("n", [](int n) { return n; });
  server.start();
  raw_client peer(server.io.port());
  ASSERT_EQ(peer.open_websocket("/socket.io/?EIO=3&transport=websocket"), 101u);
  std::string all;
  for (int i = 0; i < 6; i++) all += text_frame("42" + std::to_string(i) + "[\"n\",1]");
  const auto begin = steady_clock::now();
  peer.send(all);
  for (int answers = 0; answers < 6;) {
    const raw_frame frame = peer.read_frame();
    ASSERT_TRUE(frame) << "it was given up after " << answers;
    EXPECT_NE(frame.payload, "2") << "in revision 3 the client pings";
    answers += frame.payload.starts_with("43");
  }
  EXPECT_GE(steady_clock::now() - begin, milliseconds(790)) << "longer than it may be silent";
}

// The limits of one event, by the shorter way, and what cannot work.
TEST(Limit, IsForOneEvent) {
  running_server server;
  server.io.limit("n", {.per_second = 0.01, .burst = 1});
  server.io.on("n", [](int n) { return n; });
  server.io.on_rate_limited([](const rate_limited&) {});
  EXPECT_THROW(server.io.limit("x", {.per_second = -1}), std::invalid_argument);
  EXPECT_THROW(server.io.limit("x", {.per_second = 1, .action = limit_action::refuse}),
               std::invalid_argument);
  server.start();
  raw_websocket client(server.io.port());
  client.peer.send(text_frame(R"(421["n",1])"));
  EXPECT_EQ(client.read(), "31[1]");
  client.peer.send(text_frame(R"(422["n",2])"));
  EXPECT_NE(client.read().find("rate_limited"), std::string::npos);
}

}  // namespace
}  // namespace socketio::test
