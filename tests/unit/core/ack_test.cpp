// Acknowledgements: each settles exactly once, with what came first, in every order of answer,
// second answer, timeout, disconnect and the end of the server. Rows ACK-01 to ACK-11, SK-23, Q-11.
#include "unit/core/core_script.hpp"

#include <algorithm>

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

std::string outcome_of(std::error_code error, const std::string& answer) {
  return error ? error.message() : answer;
}
const std::string timed_out = "operation has timed out";
const std::string disconnected = "socket has been disconnected";

// ---- the server asks one client

// What may happen to a question, and how it then settles. Nothing settles it twice.
struct happening {
  const char* name;
  std::function<void(house&, guest&)> happen;
  std::string settles_as;
};

const happening happenings[] = {
    {"answer", [](house&, guest& of) { of.peer.says(R"(30["yes"])"); }, "yes"},
    {"another answer", [](house&, guest& of) { of.peer.says(R"(30["no"])"); }, "no"},
    {"timeout", [](house& home, guest&) { home.wait(100ms); }, timed_out},
    {"leaving", [](house&, guest& of) { of.peer.says("1"); }, disconnected},
    {"hanging up", [](house&, guest& of) { of.peer.hang_up(); }, disconnected},
    {"disconnect", [](house&, guest& of) { of.socket.disconnect(); }, disconnected},
    {"end of the server", [](house& home, guest&) { home.close(); }, disconnected},
};

task<> ask(socket who, std::string* outcome) {
  const result<std::string> answer =
      co_await who.timeout(100ms).emit_with_ack<std::string>("question");
  *outcome += outcome_of(answer.error(), answer ? *answer : "");
}

using ask_fn = std::function<void(const socket&, std::string*)>;
const std::pair<const char*, ask_fn> askers[] = {
    {"callback",
     [](const socket& who, std::string* outcome) {
       who.timeout(100ms).emit("question",
                               [outcome](std::error_code error, const std::string& answer) {
                                 *outcome += outcome_of(error, answer);
                               });
     }},
    {"result",
     [](const socket& who, std::string* outcome) {
       who.timeout(100ms).emit("question", [outcome](result<std::string> answer) {
         *outcome += outcome_of(answer.error(), answer ? *answer : "");
       });
     }},
    {"coroutine",
     [](const socket& who, std::string* outcome) {
       [](task<> work) -> detail::detached { co_await work; }(ask(who, outcome));
     }},
};

// Calls `use` for every order of every choice of two of the happenings, and of some of three.
void in_every_order(const std::function<void(const std::vector<const happening*>&)>& use) {
  for (const happening& first : happenings)
    for (const happening& second : happenings)
      for (const happening& third : happenings)
        if (&first != &second && &second != &third && &first != &third)
          use({&first, &second, &third});
}

// Q-11: also the disconnect settles it.
TEST(Ack, SK23_settles_once_with_what_came_first_in_every_order) {
  for (const auto& [how, asks] : askers) {
    in_every_order([&](const auto& order) {
      SCOPED_TRACE(std::string(how) + ": " + order[0]->name + ", " + order[1]->name + ", " +
                   order[2]->name);
      std::string outcome;
      house home;
      guest of = home.welcome();
      asks(of.socket, &outcome);
      EXPECT_EQ(of.peer.next(), R"(20["question"])");
      EXPECT_EQ(home.counters().pending_acks.get(), 1u);
      for (const happening* what : order) what->happen(home, of);
      EXPECT_EQ(outcome, order[0]->settles_as);
    });
  }
}

TEST(Ack, ACK04_answers_that_nobody_waits_for_are_counted_and_ignored) {
  house home;
  auto [peer, who] = home.welcome();
  who.emit("question", [](const std::string&) {});
  EXPECT_EQ(peer.next(), R"(20["question"])");
  peer.says(R"(37["?"])")
      .says(R"(30["yes"])")
      .says(R"(30["again"])")
      .says("318446744073709551615[]");
  EXPECT_EQ(home.counters().acks_unknown.get(), 3u);
  EXPECT_EQ(home.counters().acks_in.get(), 4u);
}

TEST(Ack, ACK04_one_client_cannot_answer_for_another) {
  house home;
  auto [peer, who] = home.welcome();
  auto [other, unused] = home.welcome();
  int calls = 0;
  who.emit("question", [&](const std::string&) { calls++; });
  other.says(R"(30["forged"])");
  EXPECT_EQ(calls, 0);
}

TEST(Ack, ACK01_ids_count_up_from_zero_for_each_namespace) {
  house home;
  home.of("/other");
  auto [peer, who] = home.welcome();
  auto [second_peer, second] = home.welcome();
  auto [other_peer, other] = home.welcome("/other");
  const auto nothing = [](std::error_code) {};
  who.emit("a", nothing);
  second.emit("b", nothing);
  home.of().emit("c", [](std::error_code, const values&) {});
  other.emit("d", nothing);
  EXPECT_EQ(peer.all(), (strings{R"(20["a"])", R"(22["c"])"}));
  EXPECT_EQ(second_peer.all(), (strings{R"(21["b"])", R"(22["c"])"}));
  EXPECT_EQ(other_peer.all(), (strings{R"(2/other,0["d"])"}));
}

TEST(Ack, an_answer_that_does_not_fit_is_an_error) {
  house home;
  auto [peer, who] = home.welcome();
  std::string outcome;
  who.emit("q", [&](std::error_code error, int) { outcome = error.message(); });
  peer.says(R"(30["text"])");
  EXPECT_EQ(outcome, "the acknowledgement does not fit the expected type");
  bool called = false;
  who.emit("q", [&](int) { called = true; });
  peer.says(R"(31["text"])");
  EXPECT_FALSE(called) << "without a parameter for the error only answers arrive";
}

TEST(Ack, callbacks_take_as_many_arguments_as_they_like) {
  house home;
  auto [peer, who] = home.welcome();
  strings outcomes;
  who.emit("q", [&](int a, const std::optional<std::string>& b) {
    outcomes.push_back(std::to_string(a) + b.value_or("-"));
  });
  peer.says("30[1]");
  who.emit("q", [&](std::error_code, const rest& all) { outcomes.push_back(text_of(all.all)); });
  peer.says(R"(31[1,"two",{}])");
  who.emit("q", [&](std::error_code error) { outcomes.push_back(error ? "error" : "fine"); });
  peer.says("32[1,2,3]");
  who.emit("q", [&](const binary& bytes, int n) {
    outcomes.push_back(std::string(bytes.view()) + std::to_string(n));
  });
  peer.says(R"(61-3[{"_placeholder":true,"num":0},4])").says_binary("bytes");
  EXPECT_EQ(outcomes, (strings{"1-", R"([1,"two",{}])", "fine", "bytes4"}));
}

task<> ask_for_tuple(socket who, std::string* outcome) {
  const auto pair = co_await who.emit_with_ack<std::tuple<int, std::string>>("q");
  const auto all = co_await who.emit_with_ack<rest>("q");
  const result<void> nothing = co_await who.emit_with_ack<void>("q");
  *outcome = std::to_string(std::get<0>(*pair)) + std::get<1>(*pair) + text_of(all->all) +
             (nothing ? " fine" : " error");
}

TEST(Ack, coroutines_may_wait_for_several_arguments_or_for_none) {
  house home;
  auto [peer, who] = home.welcome();
  std::string outcome;
  [](task<> work) -> detail::detached { co_await work; }(ask_for_tuple(who, &outcome));
  peer.says(R"(30[1,"one"])").says("31[true,null]").says("32[]");
  EXPECT_EQ(outcome, "1one[true,null] fine");
}

// Q-21: also what is beyond the limit of open questions.
TEST(Ack, what_cannot_be_sent_settles_at_once) {
  hub_options modest;
  modest.pending_acks_max = 2;
  house home(modest);
  auto [peer, who] = home.welcome();
  strings outcomes;
  const auto note = [&](std::error_code error) { outcomes.push_back(error ? "error" : "answer"); };
  peer.outcome = engine::send_queue::outcome::dropped;
  EXPECT_FALSE(who.emit("q", note));
  EXPECT_EQ(outcomes.size(), 1u);
  peer.outcome = engine::send_queue::outcome::queued;
  peer.can_write = false;
  EXPECT_FALSE(who.volatile_().emit("q", note));
  EXPECT_EQ(outcomes.size(), 2u);
  EXPECT_TRUE(who.emit("q", note));
  EXPECT_TRUE(who.emit("q", note));
  EXPECT_FALSE(who.emit("q", note)) << "the limit";
  EXPECT_EQ(outcomes.size(), 3u);
  peer.hang_up();
  EXPECT_FALSE(who.emit("q", note));
  EXPECT_EQ(outcomes, strings(6, "error"));
  EXPECT_FALSE(socket().emit("q", note)) << "a handle of nobody";
  EXPECT_EQ(outcomes.size(), 7u);
}

TEST(Ack, a_connection_that_is_closing_is_disconnected_and_not_full) {
  house home;
  strings outcomes;
  const auto ask = [&](const socket& who) {
    EXPECT_FALSE(
        who.emit("q", [&](std::error_code error) { outcomes.push_back(error.message()); }));
  };
  home.of().on_connection([&](const socket& who) {
    who.close_connection();
    ask(who);
  });
  auto& idle = home.connect();
  idle.closes_at_once = false;  // a polling client that has to fetch the close
  idle.join();
  EXPECT_EQ(outcomes, strings{"socket has been disconnected"});
}

TEST(Ack, an_acknowledgement_may_ask_again) {
  house home;
  auto [peer, who] = home.welcome();
  int rounds = 0;
  std::function<void()> ask_on = [&, who = who] {
    who.timeout(100ms).emit("q", [&](std::error_code error) {
      if (!error && ++rounds < 5) ask_on();
    });
  };
  ask_on();
  for (int i = 0; i < 5; i++) peer.says("3" + std::to_string(i) + "[]");
  EXPECT_EQ(rounds, 5);
}

TEST(Ack, a_timeout_without_end_never_comes) {
  house home;
  auto [peer, who] = home.welcome();
  strings outcomes;
  const auto note = [&](std::error_code error) { outcomes.push_back(error.message()); };
  who.timeout(milliseconds::max()).emit("q", note);
  home.of().timeout(milliseconds::max()).emit("q", [&](std::error_code error, const values&) {
    note(error);
  });
  home.wait(24h);
  EXPECT_EQ(outcomes, strings());
  peer.says("30[]").says("31[]");
  EXPECT_EQ(outcomes, strings(2, "Success"));
}

// ---- the client asks

TEST(Ack, ACK02_the_first_answer_counts) {
  house home;
  auto [peer, who] = home.welcome();
  who.on("twice", [](const ack<std::string>& answer) {
    const auto copy = answer;
    answer("first");
    copy("second");
    copy.error("third", "an error");
  });
  who.on("return, then ack", [] { return 1; });
  who.on("return, then ack", [](const ack<int>& answer) { answer(2); });
  who.on("ack, then return", [](const ack<int>& answer) { answer(1); });
  who.on("ack, then return", [] { return 2; });
  EXPECT_EQ(peer.says(R"(21["twice"])").all(), (strings{R"(31["first"])"}));
  EXPECT_EQ(peer.says(R"(22["return, then ack"])").all(), (strings{"32[1]"}));
  EXPECT_EQ(peer.says(R"(23["ack, then return"])").all(), (strings{"33[1]"}));
  EXPECT_EQ(peer.says(R"(2["twice"])").all(), strings()) << "nobody asked";
}

TEST(Ack, ACK02_later_from_elsewhere_or_never) {
  house home;
  auto [peer, who] = home.welcome();
  std::vector<ack<int, std::string>> waiting;
  who.on("x", [&](const ack<int, std::string>& answer) { waiting.push_back(answer); });
  for (int i = 0; i < 5; i++) EXPECT_EQ(peer.asks("2" + std::to_string(i) + R"(["x"])"), "");
  waiting[1](1, "later");
  EXPECT_EQ(peer.next(), R"(31[1,"later"])");
  std::thread([&] {
    waiting[2](2, "elsewhere");
    waiting[2](3, "again");
    waiting[3].error("code", "message");
  }).join();
  home.turn();
  EXPECT_EQ(peer.all(), (strings{R"(32[2,"elsewhere"])",
                                 R"(33[{"error":{"code":"code","message":"message"}}])"}));
  peer.says("1");
  waiting[4](5, "too late");
  EXPECT_EQ(peer.next(), "");
  home.burn_down();
  waiting[0](6, "much too late");
}

TEST(Ack, whatever_a_handler_returns_is_the_answer) {
  house home;
  auto [peer, who] = home.welcome();
  who.on("nothing", [] {});
  who.on("null", [] { return std::optional<int>(); });
  who.on("several", [] { return std::tuple(1, std::string("two")); });
  who.on("list", [] { return rest{{1, "two"}}; });
  who.on("good", [] { return result<int>(5); });
  who.on("done", [] { return result<void>(); });
  who.on("bad", [] { return result<int>(std::make_error_code(std::errc::timed_out)); });
  who.on("bytes", [] { return binary("ab"); });
  EXPECT_EQ(peer.asks(R"(21["nothing"])"), "") << "a handler without an answer does not answer";
  EXPECT_EQ(peer.asks(R"(22["null"])"), "32[null]");
  EXPECT_EQ(peer.asks(R"(23["several"])"), R"(33[1,"two"])");
  EXPECT_EQ(peer.asks(R"(23["list"])"), R"(33[1,"two"])");
  EXPECT_EQ(peer.asks(R"(24["good"])"), "34[5]");
  EXPECT_EQ(peer.asks(R"(25["done"])"), "35[]");
  const auto message = std::make_error_code(std::errc::timed_out).message();
  EXPECT_EQ(peer.asks(R"(26["bad"])"),
            R"(36[{"error":{"code":"failed","message":")" + message + R"("}}])");
  EXPECT_EQ(peer.says(R"(27["bytes"])").all(),
            (strings{R"(61-7[{"_placeholder":true,"num":0}])", "<binary>ab"}));
}

TEST(Ack, a_coroutine_answers_when_it_returns_and_reports_what_it_throws) {
  house home;
  auto [peer, who] = home.welcome();
  who.on("sum", [](socket from, int a) -> task<int> {
    const result<int> b = co_await from.emit_with_ack<int>("and");
    if (!b) throw std::runtime_error("no second number");
    co_return a + *b;
  });
  EXPECT_EQ(peer.asks(R"(25["sum",40])"), R"(20["and"])");
  EXPECT_EQ(peer.asks("30[2]"), "35[42]");
  EXPECT_EQ(peer.asks(R"(26["sum",40])"), R"(21["and"])");
  EXPECT_EQ(peer.asks(R"(31["none"])"),
            R"(36[{"error":{"code":"internal_error","message":"the handler failed"}}])");
  EXPECT_EQ(home.errors, (strings{"sum: no second number"}));
  peer.says(R"(27["sum",1])").hang_up();
  EXPECT_EQ(home.errors.size(), 2u) << "the coroutine ended with the connection";
  home.errors.clear();
}

}  // namespace
}  // namespace socketio::core_testing
