// What becomes of a client that sends more than it may: SD-25, SD-26, Q-21.
#include "core/client_limits.hpp"

#include "unit/core/core_script.hpp"

#include <gtest/gtest.h>

namespace socketio::core_testing {
namespace {

class ClientLimits : public testing::Test {
 protected:
  void open(rate_limits limits) {
    hub_options options;
    options.limits = std::make_shared<const core::limit_rules>(limits);
    home_.emplace(options);
    home_->inside().address_buckets = [this](std::string_view) { return of_address_; };
    home_->inside().on_rate_limited = [this](const rate_limited& what) {
      told_.push_back(std::string(to_string(what.limit)) + " " +
                      std::string(to_string(what.action)) + " " + std::string(what.nsp) + " " +
                      std::string(what.event) + " " + std::to_string(what.count) + " " +
                      std::to_string(what.retry_after.count()));
    };
    home_->of().on("add", [this](int n) {
      seen_.push_back(n);
      return n;
    });
  }
  std::uint64_t limited(limit_kind kind, limit_action action) {
    return home_->counters()
        .limited[static_cast<std::size_t>(kind)][static_cast<std::size_t>(action)];
  }

  std::vector<std::string> told_;
  std::vector<int> seen_;
  std::shared_ptr<core::address_buckets> of_address_ = std::make_shared<core::address_buckets>();
  std::optional<house> home_;
};

TEST_F(ClientLimits, WithoutAnyNothingIsLimited) {
  open({});
  auto [peer, who] = home_->welcome();
  for (int i = 0; i < 1000; i++) peer.says(R"(2["add",1])");
  EXPECT_EQ(seen_.size(), 1000u);
}

// SD-26
TEST_F(ClientLimits, DropIsSilent) {
  open({.messages = {.per_second = 1, .burst = 2, .action = limit_action::drop}});
  auto [peer, who] = home_->welcome();
  for (int i = 0; i < 5; i++) peer.says("21[\"add\"," + std::to_string(i) + "]");
  EXPECT_EQ(seen_, (std::vector<int>{0, 1}));
  EXPECT_EQ(peer.all(), (std::vector<std::string>{"31[0]", "31[1]"}));
  EXPECT_EQ(limited(limit_kind::messages, limit_action::drop), 3u);
  EXPECT_EQ(told_, (std::vector<std::string>{"messages drop / add 1 1000"}));
  home_->wait(1000ms);
  peer.says(R"(2["add",9])");
  peer.says(R"(2["add",10])");
  EXPECT_EQ(seen_.back(), 9);
  EXPECT_EQ(told_.back(), "messages drop / add 3 1000") << "with those that were not told";
}

// SD-26
TEST_F(ClientLimits, AnErrorAcknowledgementSaysWhenToTryAgain) {
  open({.events = {{"add", {.per_second = 0.5, .burst = 1}}}});
  auto [peer, who] = home_->welcome();
  home_->of().on("other", [] { return true; });
  EXPECT_EQ(peer.asks(R"(21["add",1])"), "31[1]");
  EXPECT_EQ(
      peer.asks(R"(22["add",2])"),
      R"(32[{"error":{"code":"rate_limited","message":"too much at once, try again in 2 s"}}])");
  EXPECT_EQ(peer.asks(R"(23["other"])"), "33[true]") << "only that event";
  peer.says(R"(2["add",3])");
  EXPECT_EQ(seen_, (std::vector<int>{1}));
  EXPECT_EQ(limited(limit_kind::event, limit_action::error_acknowledgement), 2u);
  auto [next, whose] = home_->welcome();
  EXPECT_EQ(next.asks(R"(21["add",4])"), "31[4]") << "each connection has its own";
}

TEST_F(ClientLimits, DelayServesAndStopsReading) {
  open({.messages = {.per_second = 10, .burst = 1, .action = limit_action::delay}});
  auto [peer, who] = home_->welcome();
  peer.says(R"(2["add",1])");
  EXPECT_EQ(peer.paused_until, time_point());
  peer.says(R"(2["add",2])");
  EXPECT_EQ(peer.paused_until - home_->shard->now(), 100ms);
  peer.says("310[]");  // acknowledgements count as well
  EXPECT_EQ(peer.paused_until - home_->shard->now(), 200ms);
  EXPECT_EQ(seen_, (std::vector<int>{1, 2})) << "nothing is lost";
  EXPECT_EQ(limited(limit_kind::messages, limit_action::delay), 2u);
}

TEST_F(ClientLimits, DisconnectSaysWhy) {
  open({.bytes = {.per_second = 20, .burst = 40, .action = limit_action::disconnect}});
  auto [peer, who] = home_->welcome();
  peer.says(R"(2["add",1])");
  EXPECT_FALSE(peer.closed());
  peer.says("2[\"add\",1,\"" + std::string(50, 'x') + "\"]");
  ASSERT_TRUE(peer.closed());
  EXPECT_EQ(peer.closed_with().what, cause::rate_limited);
  EXPECT_EQ(peer.closed_with().detail, "more bytes than allowed");
  EXPECT_EQ(seen_.size(), 1u);
}

// The bytes of attachments count with the packet that announced them.
TEST_F(ClientLimits, AttachmentsCount) {
  open({.bytes = {.per_second = 100, .burst = 100, .action = limit_action::drop}});
  auto [peer, who] = home_->welcome();
  int got = 0;
  home_->of().on("blob", [&got](const binary&) { got++; });
  const std::string packet = R"(51-["blob",{"_placeholder":true,"num":0}])";
  peer.says(packet).says_binary(std::string(90, 'x'));
  EXPECT_EQ(got, 1) << "a full bucket lets one pass";
  peer.says(packet).says_binary(std::string(90, 'x'));
  EXPECT_EQ(got, 1);
  home_->wait(2000ms);
  peer.says(packet).says_binary(std::string(9, 'x'));
  EXPECT_EQ(got, 2);
}

TEST_F(ClientLimits, AcknowledgementsAreNeverDropped) {
  open({.messages = {.per_second = 1, .burst = 1, .action = limit_action::drop}});
  auto [peer, who] = home_->welcome();
  int answered = 0;
  for (int i = 0; i < 3; i++)
    who.emit("question", [&answered](std::error_code error, int) { answered += !error; });
  for (const std::string& asked : peer.all())
    peer.says("3" + asked.substr(1, asked.find('[') - 1) + "[1]");
  EXPECT_EQ(answered, 3);
  EXPECT_TRUE(told_.empty());
}

// SD-25. All connections of an address share its bucket.
TEST_F(ClientLimits, AnAddressIsLimitedAsAWhole) {
  open({.address_messages = {.per_second = 1, .burst = 3, .action = limit_action::drop},
        .address_bytes = {.per_second = 1000, .burst = 1000, .action = limit_action::drop}});
  auto [one, who] = home_->welcome();
  auto [two, whose] = home_->welcome();
  for (int i = 0; i < 3; i++) {
    one.says(R"(2["add",1])");
    two.says(R"(2["add",2])");
  }
  EXPECT_EQ(seen_, (std::vector<int>{1, 2, 1}));
  home_->wait(3000ms);
  one.says("2[\"add\",3,\"" + std::string(2000, 'x') + "\"]");
  two.says(R"(2["add",4])");
  EXPECT_EQ(seen_.back(), 3);
  EXPECT_EQ(limited(limit_kind::address_messages, limit_action::drop), 3u);
  EXPECT_EQ(limited(limit_kind::address_bytes, limit_action::drop), 1u);
}

// SD-25
TEST_F(ClientLimits, ConnectsAreRefusedWithATime) {
  open({.connects = {.per_second = 0.5, .burst = 2}});
  home_->of("/a");
  home_->of("/b");
  auto& peer = home_->connect();
  EXPECT_NE(peer.join("/"), "");
  EXPECT_NE(peer.join("/a"), "");
  EXPECT_EQ(peer.asks("0/b,"), R"(4/b,{"message":"too many connects","data":{"retryAfter":2}})");
  EXPECT_FALSE(peer.closed());
  EXPECT_EQ(limited(limit_kind::connects, limit_action::refuse), 1u);
  EXPECT_EQ(told_, (std::vector<std::string>{"connects refuse /b  1 2000"}));
  home_->wait(2000ms);
  EXPECT_NE(peer.join("/b"), "");
}

TEST_F(ClientLimits, ConnectionsWithoutLimitsPayNothing) {
  EXPECT_LE(sizeof(core::client), 96u) << "as it was without them";
}

}  // namespace
}  // namespace socketio::core_testing
