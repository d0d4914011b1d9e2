// Recovery as scripted conversations with a virtual clock: what goes over the wire, who is let back
// in, and why not. Limits and other clients are in recovery_limits_test.cpp.
#include "unit/core/recovery_script.hpp"

#include <map>

namespace socketio::core_testing {
namespace {

// CR-01, NS-10
TEST_F(Recovery, the_private_id_is_in_connect_and_is_another_one_for_each) {
  memory a, b;
  come(a);
  come(b);
  EXPECT_EQ(a.pid.size(), 20u);
  EXPECT_NE(a.pid, b.pid);
  EXPECT_NE(a.pid, a.sid);
  EXPECT_EQ(last_.recovery().what, outcome::not_asked);
}

// CR-01, NS-10: nothing of it when it is off.
TEST(RecoveryOff, nothing_is_added) {
  house home;
  auto [peer, who] = home.welcome();
  who.emit("a", 1);
  EXPECT_EQ(peer.next(), R"(2["a",1])");
  EXPECT_EQ(home.connect().asks("0").size(),
            std::string_view(R"(0{"sid":"12345678901234567890"})").size());
  EXPECT_FALSE(who.recovered());
  EXPECT_EQ(who.recovery().what, outcome::off);
}

// CR-02, CR-03, K-02, ACK-15, VO-04
TEST_F(Recovery, what_can_be_missed_has_an_offset_and_nothing_else_has) {
  memory me;
  connection& peer = come(me);
  peer.all();
  last_.emit("a", 1);
  const std::string first = peer.next();
  EXPECT_EQ(first.substr(0, 9), R"(2["a",1,")");
  EXPECT_EQ(first.size(), 9 + 13 + 2u);
  home_.of().emit("all");
  EXPECT_EQ(peer.next().size(), std::string_view(R"(2["all","0123456789abc"])").size());
  last_.emit("bytes", binary("x"));
  const auto parts = peer.all();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].substr(0, 43), R"(51-["bytes",{"_placeholder":true,"num":0},")");
  last_.emit("question", 1, [](std::error_code) {});
  EXPECT_EQ(peer.next(), R"(20["question",1])");
  last_.volatile_().emit("v", 1);
  home_.of().volatile_().emit("v", 2);
  EXPECT_EQ(peer.all(), (strings{R"(2["v",1])", R"(2["v",2])"}));
  EXPECT_EQ(inside().log().size(), 3u);
}

// CR-04, Q-07: a text at the end of a volatile event would become the client's offset. Ours stands
// behind.
TEST_F(Recovery, volatile_events_cannot_spoil_the_offset) {
  memory me;
  connection& peer = come(me);
  last_.emit("a");
  read(peer, me);
  const std::string before = me.offset;
  last_.volatile_().emit("v", "text");
  EXPECT_EQ(peer.next(), R"(2["v","text",")" + before + R"("])");
  home_.of().volatile_().emit("v");
  EXPECT_EQ(peer.next(), R"(2["v",")" + before + R"("])");
}

// CR-06
TEST_F(Recovery, the_reason_of_the_disconnect_decides) {
  const std::map<reason, bool> table{{reason::transport_error, true},
                                     {reason::transport_close, true},
                                     {reason::forced_close, true},
                                     {reason::ping_timeout, true},
                                     {reason::server_shutting_down, true},
                                     {reason::forced_server_close, true},
                                     {reason::parse_error, false},
                                     {reason::client_namespace_disconnect, false},
                                     {reason::server_namespace_disconnect, false}};
  for (const auto& [why, recoverable] : table) {
    memory me;
    come(me).hang_up(why);
    EXPECT_EQ(inside().sessions(), recoverable ? 1u : 0u) << to_string(why);
    connection& peer = come_back(me);
    EXPECT_EQ(last_.recovered(), recoverable) << to_string(why);
    if (!recoverable) {
      EXPECT_EQ(last_.recovery().what, outcome::ended);
    }
    peer.says("1");
  }
}

// CR-06: both sides can end a session for good.
TEST_F(Recovery, leaving_on_purpose_ends_the_session) {
  memory one, two;
  come(one).says("1");
  EXPECT_EQ(why_not(one), outcome::ended);
  come(two);
  last_.disconnect();
  EXPECT_EQ(why_not(two), outcome::ended);
}

// CR-07, CR-09, K-01: same id, private id, rooms and data; what was missed comes before CONNECT.
TEST_F(Recovery, everything_is_as_before_and_nothing_was_missed) {
  memory me, again;
  connection& peer = come(me);
  last_.join("red");
  last_.data() = 42;
  last_.emit("first");
  read(peer, me);
  last_.on_disconnecting([who = last_](const disconnect_reason&) { who.join("late"); });
  const socket old = last_;
  peer.hang_up();
  EXPECT_EQ(home_.counters().recovery_sessions.get(), 1u);
  home_.of().emit("to all", 1);
  home_.of().to("red").emit("to red", binary("bytes"));
  home_.of().to("late").except("red").emit("not to me");
  home_.of().to("blue").emit("not to me");
  home_.of().to(me.sid).emit("to me");
  EXPECT_TRUE(old.emit("by an old handle"));
  home_.of().to("late").emit("to late");
  EXPECT_EQ(read(come_back(me), again),
            (strings{R"(2["to all",1])", R"(51-["to red",{"_placeholder":true,"num":0}])",
                     "<binary>bytes", R"(2["to me"])", R"(2["by an old handle"])",
                     R"(2["to late"])", "connect"}));
  EXPECT_EQ(again.sid, me.sid);
  EXPECT_EQ(again.pid, me.pid);
  EXPECT_EQ(last_.id(), me.sid);
  EXPECT_TRUE(last_.recovered());
  EXPECT_EQ(last_.recovery().what, outcome::recovered);
  EXPECT_EQ(last_.rooms(), (strings{me.sid, "red", "late"}));
  EXPECT_EQ(last_.data(), value(42));
  EXPECT_EQ(home_.counters().recoveries[static_cast<int>(outcome::recovered)].get(), 1u);
  EXPECT_EQ(home_.counters().recovery_sessions.get(), 0u);
}

// CR-05: no event ever came, so the client knows no offset. sio issue 4733.
TEST_F(Recovery, works_when_no_event_was_ever_received) {
  memory me;
  come(me).hang_up();
  last_.emit("missed");
  memory again;
  EXPECT_EQ(read(come_back(me), again), (strings{R"(2["missed"])", "connect"}));
  EXPECT_EQ(again.pid, me.pid);
}

// CR-12: a client that got nothing for hours has an old offset. sio issue 5282.
TEST_F(Recovery, works_after_long_quiet) {
  memory me, other;
  connection& peer = come(me);
  last_.emit("long ago");
  read(peer, me);
  come(other);
  const socket talker = last_;
  for (int i = 0; i < 50; i++) {
    talker.emit("not for the first one", i);
    home_.wait(60s);
  }
  EXPECT_LT(inside().log().size(), 10u) << "old events go, also when nothing comes";
  peer.hang_up();
  home_.of().emit("now");
  memory again;
  EXPECT_EQ(read(come_back(me), again), (strings{R"(2["now"])", "connect"}));
  EXPECT_TRUE(last_.recovered());
}

// CR-12
TEST_F(Recovery, an_empty_log_is_no_reason_to_refuse) {
  memory me;
  connection& peer = come(me);
  last_.emit("long ago");
  read(peer, me);
  home_.wait(10min);
  EXPECT_EQ(inside().log().size(), 0u);
  peer.hang_up();
  home_.wait(1min);
  come_back(me);
  EXPECT_TRUE(last_.recovered());
}

// CR-12: what was sent into a dead connection, long before anybody noticed, is still there.
TEST_F(Recovery, what_was_sent_while_nobody_knew_is_kept_for_longer) {
  memory me;
  connection& peer = come(me);
  home_.of().emit("into the void");
  peer.all();
  home_.wait(45s);
  peer.hang_up(reason::ping_timeout);
  home_.wait(119s);
  memory again;
  EXPECT_EQ(read(come_back(me), again), (strings{R"(2["into the void"])", "connect"}));
}

// CR-08, and sio issue 4880: as often as one likes.
TEST_F(Recovery, works_again_and_again) {
  memory me;
  connection* peer = &come(me);
  for (int i = 0; i < 10; i++) {
    peer->hang_up();
    home_.of().emit("missed", i);
    peer = &come_back(me);
    EXPECT_EQ(read(*peer, me), (strings{R"(2["missed",)" + std::to_string(i) + "]", "connect"}));
    EXPECT_TRUE(last_.recovered());
  }
}

// Q-08: a session is taken once; who comes twice evicts himself.
TEST_F(Recovery, a_session_is_never_two_sockets) {
  memory me;
  connection& first = come(me);
  const auto causes = std::make_shared<strings>();  // the listener outlives the test
  home_.of().on_disconnect([causes](const socket&, const disconnect_reason& why) {
    causes->emplace_back(to_string(why.what));
  });
  home_.of().emit("not read by the first");
  first.all();
  memory second_memory;
  connection& second = come_back(me);  // before the server has noticed anything
  EXPECT_EQ(read(second, second_memory), (strings{R"(2["not read by the first"])", "connect"}));
  EXPECT_EQ(*causes, strings{"replaced"});
  EXPECT_TRUE(first.closed());
  EXPECT_EQ(home_.of().local_sockets().size(), 1u);
  EXPECT_EQ(home_.counters().sockets.get(), 1u);
  last_.emit("one");
  EXPECT_EQ(read(second, second_memory), strings{R"(2["one"])"});
}

// CR-08
TEST_F(Recovery, ends_after_its_time_without_a_scan) {
  memory me, punctual;
  come(me).hang_up();
  home_.wait(120s - 1ms);
  EXPECT_EQ(inside().sessions(), 1u);
  come_back(me);
  EXPECT_TRUE(last_.recovered());
  come(punctual).hang_up();
  home_.wait(120s + 1ms);
  EXPECT_EQ(inside().sessions(), 0u);
  EXPECT_EQ(why_not(punctual), outcome::expired);
}

// CR-08
TEST_F(Recovery, says_why_not) {
  memory me;
  come(me).hang_up();
  memory lies = me;
  lies.offset = "no offset";
  EXPECT_EQ(why_not(lies), outcome::bad_offset);
  EXPECT_EQ(why_not(me), outcome::bad_offset) << "it was given up for that";
  EXPECT_EQ(why_not({"", std::string(20, 'x'), ""}), outcome::server_restarted);
  EXPECT_EQ(why_not({"", me.pid.substr(0, 4) + std::string(16, 'x'), ""}),
            outcome::unknown_session);
  EXPECT_EQ(why_not({"", "short", ""}), outcome::unknown_session);
  memory no_text;
  come(no_text, R"({"pid":7})");
  EXPECT_EQ(last_.recovery().what, outcome::not_asked);
  EXPECT_EQ(home_.counters().recoveries[static_cast<int>(outcome::bad_offset)].get(), 2u);
}

// CR-08
TEST_F(Recovery, an_offset_of_the_future_is_none) {
  memory me;
  connection& peer = come(me);
  last_.emit("a");
  read(peer, me);
  peer.hang_up();
  me.offset.back() = 'Z';
  EXPECT_EQ(why_not(me), outcome::bad_offset);
}

// CR-05: the official client keeps the offset of a session that it has lost, and sends it with the
// next.
TEST_F(Recovery, an_offset_from_before_the_session_means_from_its_beginning) {
  memory old, me;
  connection& peer = come(old);
  last_.emit("a");
  read(peer, old);
  peer.says("1");
  come(me).hang_up();
  home_.of().emit("b");
  me.offset = old.offset;
  memory again;
  EXPECT_EQ(read(come_back(me), again), (strings{R"(2["b"])", "connect"}));
  again.offset = "elseAAAAAAAAZ";  // of another process
  home_.connect().says("1");
  last_.close_connection();
  home_.turn();
  EXPECT_EQ(read(come_back(again), again), (strings{R"(2["b"])", "connect"}));
}

// CR-14: rooms count for the time in which one is in them. JS differs: it looks at the last moment
// alone.
TEST_F(Recovery, rooms_that_were_joined_or_left_meanwhile) {
  memory me;
  connection& peer = come(me);
  const auto main = home_.of();
  main.to("red").emit("1: before it came");
  last_.join("red");
  main.to("red").emit("2");
  last_.leave("red");
  main.to("red").emit("3: after it went");
  last_.join("red");
  main.to("red").emit("4");
  main.except("red").emit("5: not for the red");
  last_.leave("red");
  main.except("red").emit("6");
  const strings sent = read(peer, me);
  EXPECT_EQ(sent, (strings{R"(2["2"])", R"(2["4"])", R"(2["6"])"}));
  me.offset.clear();  // it has got nothing of that
  peer.hang_up();
  memory again;
  EXPECT_EQ(read(come_back(me), again),
            (strings{R"(2["2"])", R"(2["4"])", R"(2["6"])", "connect"}));
}

// CR-14: also a membership that is older than 2^32 events.
TEST_F(Recovery, rooms_that_were_joined_very_long_ago) {
  memory me, again;
  connection& peer = come(me);
  ASSERT_EQ(inside().log().next(), 1u);
  last_.join("red");
  last_.join("blue");
  const_cast<core::recovery_log&>(inside().log()).skip_to(std::uint64_t{1} << 32);
  home_.of().to("red").emit("1");
  last_.leave("blue");
  home_.of().to("blue").emit("not for it any more");
  home_.of().except("red").emit("nor that");
  peer.hang_up();
  EXPECT_EQ(read(come_back(me), again), (strings{R"(2["1"])", "connect"}));
  EXPECT_TRUE(last_.recovered());
}

// CR-10, NS-12, Q-09
TEST_F(Recovery, emits_of_middlewares_are_not_lost) {
  home_.of().use([](const socket& who) {
    who.join("early room");
    who.emit("early", 1);
    who.emit("early", 2);
  });
  memory me;
  connection& peer = home_.connect();
  peer.says("0");
  EXPECT_EQ(read(peer, me), (strings{R"(2["early",1])", R"(2["early",2])", "connect"}));
  EXPECT_EQ(last_.rooms(), (strings{last_.rooms().front(), "early room"}));
  peer.hang_up();
  home_.of().to("early room").emit("missed");
  memory again;
  EXPECT_EQ(read(come_back(me), again), (strings{R"(2["missed"])", "connect"}))
      << "the middlewares were skipped";
}

struct RunningMiddlewares : Recovery {
  RunningMiddlewares() : Recovery({.skip_middlewares = false}) {
    home_.of().use([this](const socket& who, const next_fn& next) {
      seen_ = who;
      go_on_ = next;
      if (at_once_) next();
    });
  }
  socket seen_;
  std::optional<next_fn> go_on_;
  bool at_once_ = true;
};

// CR-10
TEST_F(RunningMiddlewares, what_happens_meanwhile_is_not_lost_and_comes_in_order) {
  memory me, again;
  connection& peer = home_.connect();
  peer.says("0");
  read(peer, me);
  last_.join("red");
  last_.data() = "kept";
  peer.hang_up();
  home_.of().emit("1");
  at_once_ = false;
  connection& back = come_back(me);
  EXPECT_EQ(back.all(), strings{});
  EXPECT_EQ(seen_.id(), me.sid);
  EXPECT_TRUE(seen_.recovered());
  EXPECT_EQ(seen_.data(), value("kept"));
  home_.of().to("red").emit("2");
  EXPECT_TRUE(seen_.emit("3"));
  EXPECT_FALSE(seen_.volatile_().emit("volatile"));
  (*go_on_)();
  home_.turn();
  EXPECT_EQ(read(back, again), (strings{R"(2["1"])", R"(2["2"])", R"(2["3"])", "connect"}));
}

// CR-14
TEST_F(RunningMiddlewares, what_was_broadcast_before_a_client_was_connected_is_not_for_it) {
  memory me, again;
  at_once_ = false;
  connection& peer = home_.connect();
  peer.says("0");
  home_.of().emit("too early");
  seen_.emit("its own");
  (*go_on_)();
  home_.turn();
  read(peer, me);
  peer.hang_up();
  home_.of().emit("missed");
  me.offset.clear();  // it has got nothing
  at_once_ = true;
  EXPECT_EQ(read(come_back(me), again), (strings{R"(2["its own"])", R"(2["missed"])", "connect"}));
}

TEST_F(RunningMiddlewares, a_client_that_goes_away_meanwhile_may_come_again) {
  memory me, again;
  connection& peer = home_.connect();
  peer.says("0");
  read(peer, me);
  last_.data() = 1;
  peer.hang_up();
  home_.wait(100s);
  at_once_ = false;
  come_back(me).hang_up();
  EXPECT_EQ(inside().sessions(), 1u);
  home_.of().emit("missed");
  connection& second = come_back(me);
  connection& third = come_back(me);  // evicts the second, which is still in its middlewares
  (*go_on_)();
  home_.turn();
  EXPECT_EQ(read(third, again), (strings{R"(2["missed"])", "connect"}));
  EXPECT_EQ(last_.data(), value(1));
  EXPECT_TRUE(second.closed());
}

TEST_F(RunningMiddlewares, its_time_goes_on_while_it_tries) {
  memory me;
  connection& peer = home_.connect();
  peer.says("0");
  read(peer, me);
  peer.hang_up();
  home_.wait(100s);
  at_once_ = false;
  come_back(me).hang_up();
  home_.wait(20s + 1ms);
  at_once_ = true;
  EXPECT_EQ(why_not(me), outcome::expired);
}

TEST_F(RunningMiddlewares, who_is_refused_is_not_kept) {
  memory me;
  connection& peer = home_.connect();
  peer.says("0");
  read(peer, me);
  peer.hang_up();
  at_once_ = false;
  connection& back = come_back(me);
  (*go_on_)("no");
  home_.turn();
  EXPECT_EQ(back.all(), strings{R"(4{"message":"no"})"});
  at_once_ = true;
  EXPECT_EQ(why_not(me), outcome::ended);
  EXPECT_EQ(inside().sessions(), 0u);
}

// CR-09
struct ReplayAfterConnect : Recovery {
  ReplayAfterConnect() : Recovery({.replay_after_connect = true}) {}
};

TEST_F(ReplayAfterConnect, connect_goes_first) {
  memory me, again;
  come(me).hang_up();
  home_.of().emit("1");
  home_.of().emit("2");
  EXPECT_EQ(read(come_back(me), again), (strings{"connect", R"(2["1"])", R"(2["2"])"}));
}

// An event that no queue takes because its connection is at its end is kept for its client.
TEST_F(Recovery, what_a_closing_connection_does_not_take_is_not_lost) {
  memory me, again;
  connection& peer = come(me);
  peer.outcome = engine::send_queue::outcome::overflow;
  EXPECT_TRUE(last_.emit("1"));
  peer.outcome = engine::send_queue::outcome::dropped;
  EXPECT_FALSE(last_.emit("2")) << "this was dropped by the policy";
  peer.hang_up();
  EXPECT_EQ(read(come_back(me), again), (strings{R"(2["1"])", R"(2["2"])", "connect"}));
}

TEST_F(Recovery, an_old_handle_goes_on_to_mean_the_client) {
  memory me, again;
  connection& peer = come(me);
  const socket old = last_;
  peer.hang_up();
  connection& back = come_back(me);
  read(back, again);
  EXPECT_FALSE(old.connected());
  EXPECT_TRUE(old.emit("still here?"));
  EXPECT_EQ(read(back, again), strings{R"(2["still here?"])"});
  EXPECT_FALSE(old.volatile_().emit("this is not kept"));
  back.says("1");
  EXPECT_FALSE(old.emit("nobody will come for this"));
}

// Nothing is kept for nobody.
TEST_F(Recovery, what_nobody_gets_and_nobody_may_come_back_for_is_not_logged) {
  home_.of().emit("to nobody");
  EXPECT_EQ(inside().log().size(), 0u);
  memory me;
  connection& peer = come(me);
  home_.of().to("an empty room").emit("to nobody");
  EXPECT_EQ(inside().log().size(), 0u);
  peer.hang_up();
  home_.of().emit("to who may come back");
  EXPECT_EQ(inside().log().size(), 1u);
}

// ACK-15: a question fails with its connection, and is not asked again.
TEST_F(Recovery, questions_are_not_asked_again) {
  memory me, again;
  connection& peer = come(me);
  std::vector<std::error_code> answers;
  last_.emit("question", [&](std::error_code why) { answers.push_back(why); });
  peer.all();
  peer.hang_up();
  const socket old = last_;
  old.emit("question", [&](std::error_code why) { answers.push_back(why); });
  home_.of().emit("question to all", 1,
                  [](std::error_code, const values& all) { EXPECT_TRUE(all.empty()); });
  EXPECT_EQ(answers, (std::vector<std::error_code>(2, make_error_code(errc::disconnected))));
  EXPECT_EQ(inside().log().size(), 0u);
  EXPECT_EQ(read(come_back(me), again), strings{"connect"});
}

TEST_F(Recovery, closing_the_server_keeps_nothing) {
  memory me, other;
  come(me).hang_up();
  come(other);
  last_.emit("a");
  home_.close();
  EXPECT_EQ(home_.counters().recovery_sessions.get(), 0u);
  EXPECT_EQ(home_.counters().recovery_log_bytes.get(), 0u);
}

}  // namespace
}  // namespace socketio::core_testing
