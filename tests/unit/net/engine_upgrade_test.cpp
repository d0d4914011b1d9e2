// The upgrade through the driver. Rows WS-09 to WS-15, Q-13, HB-11.
#include "net/loop.hpp"
#include "unit/net/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace socketio::net::testing {
namespace {

class EngineUpgrade : public engine_fixture {};

TEST_F(EngineUpgrade, WS10_WS11_Q13_probe_noop_and_commit) {
  auto& who = open_polling();
  const auto poll = get(who.sid);
  const auto peer = candidate(who.sid);
  peer->receive("2probe");
  EXPECT_EQ(peer->next(), "3probe");
  EXPECT_EQ(poll->text(), "6");
  EXPECT_EQ(get(who.sid)->text(), "6");
  who.send("queued");
  turn();
  EXPECT_EQ(peer->next(), "<nothing>") << "nothing of the application before the commit";
  peer->receive("5");
  EXPECT_EQ(who.session->transport(), engine::transport::websocket);
  EXPECT_EQ(who.log, (std::vector<std::string>{"upgrading", "upgraded"}));
  turn();
  EXPECT_EQ(peer->next(), "4queued");
  peer->receive("4over websocket");
  EXPECT_EQ(who.last(), "message over websocket");
}

TEST_F(EngineUpgrade, WS09_a_second_candidate_and_one_after_the_upgrade_are_closed) {
  auto& who = open_polling();
  const auto first = candidate(who.sid), second = candidate(who.sid);
  EXPECT_TRUE(second->closed);
  EXPECT_TRUE(first->open());
  first->receive("5");
  EXPECT_TRUE(candidate(who.sid)->closed);
  EXPECT_TRUE(first->open());
}

TEST_F(EngineUpgrade, WS12_a_wrong_probe_closes_the_candidate_only) {
  auto& who = open_polling();
  const auto poll = get(who.sid);
  const auto peer = candidate(who.sid);
  peer->receive("2wrong");
  EXPECT_TRUE(peer->closed);
  peer->receive("5");
  who.send("over polling");
  turn();
  EXPECT_EQ(poll->text(), "4over polling");
  EXPECT_TRUE(who.log.empty());
  turn();
  EXPECT_EQ(websockets.back().use_count(), 2)
      << "the exchange and the fixture; the driver let it go";
}

TEST_F(EngineUpgrade, WS12_a_candidate_that_is_lost_makes_room_for_another) {
  auto& who = open_polling();
  const auto first = candidate(who.sid);
  first->receive("2probe");
  first->lose();
  const auto second = candidate(who.sid);
  EXPECT_TRUE(second->open());
  second->receive("5");
  EXPECT_EQ(who.last(), "upgraded");
}

TEST_F(EngineUpgrade, WS13_a_candidate_that_does_nothing_is_closed_in_time) {
  options.ping_interval = milliseconds(60'000);
  options.upgrade_timeout = milliseconds(100);
  auto& who = open_polling();
  const auto peer = candidate(who.sid);
  wait(99ms);
  EXPECT_TRUE(peer->open());
  wait(2ms);
  EXPECT_TRUE(peer->closed);
  EXPECT_EQ(post(who.sid, "4unharmed")->text(), "ok");
}

TEST_F(EngineUpgrade, WS13_the_candidate_ends_with_its_session) {
  auto& who = open_polling();
  const auto peer = candidate(who.sid);
  post(who.sid, "1");
  EXPECT_EQ(who.last(), "closed transport close");
  EXPECT_TRUE(peer->closed);
  expect_no_state_left();
}

TEST_F(EngineUpgrade,
       WS13_a_candidate_that_is_lost_in_the_turn_in_which_its_session_closed_is_no_surprise) {
  auto& who = open_polling();
  const auto peer = candidate(who.sid);
  who.session->close(reason::forced_close, cause::server_close, "", /*discard=*/true);
  peer->lose();
  turn();
  EXPECT_EQ(who.log, (std::vector<std::string>{"closed forced close"}));
  expect_no_state_left();
}

TEST_F(EngineUpgrade, WS14_a_close_that_waits_is_done_after_the_switch) {
  auto& who = open_polling();
  const auto peer = candidate(who.sid);
  who.send("last");
  who.session->close(reason::forced_close, cause::connection_close, "");
  turn();
  peer->receive("5");
  EXPECT_EQ(who.log, (std::vector<std::string>{"upgraded", "closed forced close"}));
  EXPECT_EQ(peer->next(), "4last");
  EXPECT_TRUE(peer->closed);
  expect_no_state_left();
}

TEST_F(EngineUpgrade, WS11_requests_that_are_open_at_the_commit_are_ended) {
  auto& who = open_polling();
  const auto poll = get(who.sid);
  const auto data = post(who.sid);
  const auto peer = candidate(who.sid);
  peer->receive("5");
  EXPECT_EQ(poll->text(), "1");
  EXPECT_TRUE(data->cut);
  EXPECT_EQ(who.log, (std::vector<std::string>{"upgraded"}));
  poll->lose();
  data->lose();
  turn();
  EXPECT_EQ(who.log.size(), 1u) << "the old requests cannot harm the new transport";
  EXPECT_TRUE(peer->open());
}

TEST_F(EngineUpgrade, WS15_handlers_that_send_while_the_transport_changes_lose_nothing) {
  reaction = [](recording_sink& sink, const std::string& entry) { sink.send("on " + entry); };
  auto& who = open_polling();
  const auto poll = get(who.sid);
  const auto peer = candidate(who.sid);
  peer->receive("2probe");
  EXPECT_EQ(poll->text(), "4on upgrading");
  peer->receive("5");
  turn();
  EXPECT_EQ(peer->next(), "3probe");
  EXPECT_EQ(peer->next(), "4on upgraded");
}

// ---- while the messages of one payload are handed out over several turns

class EngineUpgradeInAPayload : public EngineUpgrade {
 protected:
  static constexpr int messages = 4 * messages_per_turn_max;

  void SetUp() override {
    who = &open_polling();
    peer = candidate(who->sid);
    std::string payload = "4first";
    for (int i = 1; i < messages; i++)
      payload +=
          "\x1e"
          "4more";
    data = post(who->sid, payload);
    ASSERT_LT(handed_out(), messages);
  }
  void hand_out_the_rest() {
    while (handed_out() < messages) wait(1ms);
    wait(5ms);
  }
  std::ptrdiff_t handed_out() const {
    return std::ranges::count_if(
        who->log, [](const std::string& entry) { return entry.starts_with("message "); });
  }
  recording_sink* who;
  fake_websocket* peer;
  fake_exchange* data;
};

TEST_F(EngineUpgradeInAPayload, WS15_what_follows_the_commit_is_heard_behind_it) {
  peer->receive("2probe");
  peer->receive("5");
  peer->receive("4over websocket");
  hand_out_the_rest();
  EXPECT_EQ(data->text(), "ok");
  EXPECT_EQ(who->session->transport(), engine::transport::websocket);
  ASSERT_EQ(who->log.size(), messages + 3u);
  EXPECT_EQ(who->log[messages], "upgrading");
  EXPECT_EQ(who->log[messages + 1], "upgraded");
  EXPECT_EQ(who->log[messages + 2], "message over websocket");
}

TEST_F(EngineUpgradeInAPayload, WS13_a_candidate_that_is_lost_before_it_is_heard_changes_nothing) {
  peer->receive("5");
  peer->lose();
  hand_out_the_rest();
  EXPECT_EQ(data->text(), "ok");
  EXPECT_EQ(who->session->transport(), engine::transport::polling) << "it has not committed";
}

TEST_F(EngineUpgradeInAPayload, WS12_a_wrong_candidate_and_another_one) {
  peer->receive("x");
  EXPECT_TRUE(candidate(who->sid)->closed) << "there is one still";
  hand_out_the_rest();
  EXPECT_TRUE(peer->closed);
  const auto second = candidate(who->sid);
  second->receive("5");
  second->receive("4x");
  EXPECT_EQ(who->last(), "message x");
}

TEST_F(EngineUpgradeInAPayload, WS12_a_candidate_that_comes_meanwhile) {
  peer->lose();
  const auto second = candidate(who->sid);
  second->receive("5");
  second->receive("4x");
  hand_out_the_rest();
  EXPECT_EQ(who->last(), "message x");
  EXPECT_EQ(who->session->transport(), engine::transport::websocket);
}

TEST_F(EngineUpgrade, WS02_b64_of_the_candidate_counts) {
  auto& who = open_polling();
  const auto request = ask("GET", "transport=websocket&b64=1&sid=" + who.sid, true);
  request->accepted->receive("5");
  const std::vector<wire::frame> group{wire::frame::text({"451-[]"}, wire::frame_class::event),
                                       wire::frame::binary("\x01", wire::frame_class::event)};
  who.session->send(group);
  turn();
  EXPECT_EQ(request->accepted->next(), "451-[]");
  EXPECT_EQ(request->accepted->next(), "bAQ==");
}

}  // namespace
}  // namespace socketio::net::testing
