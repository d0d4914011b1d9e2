// Broadcasts with acknowledgement: they end exactly once, with the answers that came and the
// sockets that are missing, in every order of what may happen. Rows ACK-07 to ACK-11, Q-06.
#include "unit/core/core_script.hpp"

#include <algorithm>
#include <set>

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

struct outcome {
  int ends = 0;
  broadcast_answers<std::string> all;
};

task<> ask_all(broadcast_operator whom, outcome* out) {
  auto all = co_await whom.emit_with_ack<std::string>("question");
  out->ends++;
  out->all = std::move(all);
}

void ask_all(const socketio::nsp& of, bool by_coroutine, outcome* out) {
  if (by_coroutine) {
    [](task<> work) -> detail::detached { co_await work; }(ask_all(of.timeout(100ms), out));
  } else {
    of.timeout(100ms).emit("question", [out](broadcast_answers<std::string> all) {
      out->ends++;
      out->all = std::move(all);
    });
  }
}

// Two clients, a and b: every order of: a answers, b answers, a leaves, b leaves, the timeout, the
// end of the server.
TEST(BroadcastAck, ACK11_ends_once_with_what_had_happened_in_every_order) {
  std::string order = "ABabtc";  // capitals answer, small ones leave
  std::ranges::sort(order);
  int cases = 0;
  do {
    SCOPED_TRACE(order);
    outcome out;
    {
      house home;
      guest guests[] = {home.welcome(), home.welcome()};
      ask_all(home.of(), cases++ % 2 == 0, &out);
      strings answered;
      std::set<std::string> waiting{"a", "b"}, missing;
      std::error_code error;
      bool ended = false;
      const auto end = [&](errc why) {
        if (std::exchange(ended, true)) return;
        missing.insert(waiting.begin(), waiting.end());
        error = why;
      };
      for (const char what : order) {
        if (what == 't')
          home.wait(100ms);
        else if (what == 'c')
          home.close();
        else if (what == 'A' || what == 'B')
          guests[what - 'A'].peer.says("30[\"" + std::string(1, what) + "\"]");
        else
          guests[what - 'a'].peer.says("1");
        // The model of it.
        if (ended) continue;
        const std::string who(1, static_cast<char>(std::tolower(what)));
        if (what == 't')
          end(errc::timed_out);
        else if (what == 'c')
          end(errc::disconnected);
        else if (waiting.erase(who) > 0) {
          if (what == 'A' || what == 'B')
            answered.emplace_back(1, what);
          else
            missing.insert(who);
          if (waiting.empty() && !missing.empty())
            end(errc::disconnected);
          else if (waiting.empty())
            ended = true;
        }
      }
      std::set<std::string> reported;
      for (const auto& id : out.all.missing)
        reported.insert(id == guests[0].socket.id() ? "a" : "b");
      EXPECT_EQ(out.all.answers, answered);
      EXPECT_EQ(reported, missing);
      EXPECT_EQ(out.all.missing.size(), missing.size());
      EXPECT_EQ(out.all.error, error) << out.all.error.message() << " / " << error.message();
    }
    EXPECT_EQ(out.ends, 1);
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(cases, 720);
}

TEST(BroadcastAck, ACK10_nobody_is_asked_and_it_ends_at_once) {
  house home;
  int ends = 0;
  home.of().to("empty").emit("question", [&](std::error_code error, const values& answers) {
    ends++;
    EXPECT_FALSE(error);
    EXPECT_TRUE(answers.empty());
  });
  EXPECT_EQ(ends, 1);
}

TEST(BroadcastAck, ACK07_only_the_first_argument_of_each_answer_is_kept) {
  house home;
  auto [peer, who] = home.welcome();
  auto [other, unused] = home.welcome();
  values got;
  home.of().emit("question", [&](std::error_code, const values& answers) { got = answers; });
  other.says(R"(30[2,"more"])");
  peer.says("30[]");
  EXPECT_EQ(text_of(got), "[2,null]");
}

TEST(BroadcastAck, Q06_waits_for_as_long_as_the_option_says_when_no_timeout_was_given) {
  hub_options brisk;
  brisk.broadcast_ack_timeout = 300ms;
  house home(brisk);
  auto [peer, who] = home.welcome();
  std::error_code outcome;
  home.of().emit("question", [&](std::error_code error, const values&) { outcome = error; });
  home.wait(299ms);
  EXPECT_FALSE(outcome);
  home.wait(1ms);
  EXPECT_EQ(outcome, errc::timed_out);
  EXPECT_EQ(home.counters().pending_acks.get(), 0u);
  EXPECT_EQ(home.counters().acks_timed_out.get(), 1u);
}

TEST(BroadcastAck, an_answer_that_does_not_fit_makes_its_sender_missing) {
  house home;
  auto [peer, who] = home.welcome();
  auto [other, unused] = home.welcome();
  broadcast_answers<int> all;
  home.of().emit("question", [&](broadcast_answers<int> got) { all = std::move(got); });
  peer.says(R"(30["text"])");
  other.says("30[5]");
  EXPECT_EQ(all.answers, (std::vector<int>{5}));
  EXPECT_EQ(all.missing, (strings{std::string(who.id())}));
  EXPECT_EQ(all.error, errc::invalid_answer);
}

TEST(BroadcastAck, a_socket_with_too_many_questions_counts_as_missing) {
  hub_options modest;
  modest.pending_acks_max = 1;
  house home(modest);
  auto [peer, who] = home.welcome();
  auto [other, unused] = home.welcome();
  who.emit("one", [](std::error_code) {});
  broadcast_answers<int> all;
  home.of().emit("question", [&](broadcast_answers<int> got) { all = std::move(got); });
  other.says("31[5]");
  EXPECT_EQ(all.answers, (std::vector<int>{5}));
  EXPECT_EQ(all.missing, (strings{std::string(who.id())}));
  EXPECT_EQ(peer.all(), (strings{R"(20["one"])"}));
}

TEST(BroadcastAck, whoever_joins_meanwhile_is_not_waited_for) {
  house home;
  auto [peer, who] = home.welcome();
  int ends = 0;
  home.of().emit("question", [&](std::error_code, const values& answers) {
    ends += static_cast<int>(answers.size());
  });
  auto [late, unused] = home.welcome();
  late.says("30[1]");
  EXPECT_EQ(ends, 0);
  peer.says("30[1]");
  EXPECT_EQ(ends, 1);
}

TEST(BroadcastAck, whoever_could_not_be_asked_is_missing_at_once) {
  for (const bool is_volatile : {true, false}) {
    house home;
    auto [peer, who] = home.welcome();
    auto [other, unused] = home.welcome();
    peer.can_write = !is_volatile;
    if (!is_volatile) peer.outcome = engine::send_queue::outcome::dropped;
    broadcast_answers<int> all;
    int ends = 0;
    const auto whom = is_volatile ? home.of().volatile_() : home.of().everybody();
    whom.emit("question", [&](broadcast_answers<int> got) {
      ends++;
      all = std::move(got);
    });
    EXPECT_EQ(ends, 0);
    EXPECT_EQ(home.counters().events_out.get(), 1u) << "what was not sent is not counted";
    other.says("30[5]");
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(all.answers, (std::vector<int>{5}));
    EXPECT_EQ(all.missing, (strings{std::string(who.id())}));
    EXPECT_EQ(home.counters().pending_acks.get(), 0u);
  }
}

TEST(BroadcastAck, whoever_is_leaving_is_not_asked) {
  house home;
  const auto main = home.of();
  auto [peer, who] = home.welcome();
  auto [other, unused] = home.welcome();
  who.join("r");
  broadcast_answers<int> all{{}, errc::timed_out, {}};
  main.on_leave_room([&](std::string_view room, std::string_view) {
    if (room == "r") main.emit("question", [&](broadcast_answers<int> got) { all = got; });
  });
  peer.hang_up();
  other.says("30[5]");
  EXPECT_FALSE(all.error) << all.error.message();
  EXPECT_EQ(all.answers, (std::vector<int>{5}));
  EXPECT_TRUE(all.missing.empty());
}

TEST(BroadcastAck, whoever_has_not_joined_yet_is_not_asked) {
  house home;
  const auto main = home.of();
  auto [other, unused] = home.welcome();
  main.on_join_room([&](std::string_view, std::string_view) { main.emit("news"); });
  connection& peer = home.connect();
  peer.says("0");
  EXPECT_EQ(peer.all().size(), 1u) << "only CONNECT";
  EXPECT_EQ(other.all().size(), 1u);
}

}  // namespace
}  // namespace socketio::core_testing
