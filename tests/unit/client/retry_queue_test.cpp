// Events that are sent until they were acknowledged: one at a time, how often, and what counts as
// an attempt (CS-13, CS-14).
#include "client/retry_queue.hpp"

#include "client_home.hpp"

#include <thread>

namespace socketio::client_side {
namespace {

constexpr time_point start{1h};

struct queue {
  explicit queue(unsigned retries, bool timed = true) : of(retries, timed) {}

  class noted final : public answer_sink {
   public:
    noted(queue& to, std::string name) : to_(to), name_(std::move(name)) {}
    void on_answer(const input& arguments) override { told(value::from(arguments).to_string()); }
    void on_failure(errc why) override { told(name_of(why)); }

   private:
    void told(const std::string& what) {
      to_.told.push_back(name_ + " " + what);
      if (to_.then) to_.then();
    }
    queue& to_;
    const std::string name_;
  };
  // Its number counts from 1, as that of the socket.
  std::uint64_t push(const std::string& name, bool asked = true, std::size_t bytes = 10,
                     detail::emit_flags flags = {}) {
    of.push({++last, detail::keep_event(name, static_cast<std::uint64_t>(last)), flags,
             asked ? std::make_unique<noted>(*this, name) : nullptr, bytes, start});
    return last;
  }
  // The text of what is sent now.
  std::string next(bool again = false) {
    const auto sent = of.next(again);
    return sent ? sent->event->text : "";
  }
  void answer(std::uint64_t number) {
    const value arguments = value::list({"yes"});
    of.on_answer(number, detail::input_of(arguments));
  }
  void saw(const lines& wanted) {
    EXPECT_EQ(told, wanted);
    told.clear();
  }

  retry_queue of;
  std::uint64_t last = 0;
  lines told;
  std::function<void()> then;
};

// CS-13
TEST(RetryQueue, CS_13_OneAtATime) {
  queue of(1);
  EXPECT_EQ(of.next(), "");
  const auto a = of.push("a"), b = of.push("b"), c = of.push("c", false);
  EXPECT_EQ(of.of.bytes(), 30u);
  const auto first = of.of.next(false);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->number, a);
  EXPECT_EQ(first->event->text, R"(["a",1])");
  EXPECT_EQ(of.next(), "") << "it is under way";
  of.answer(a);
  of.saw({R"(a ["yes"])"});
  EXPECT_EQ(of.of.bytes(), 20u);
  EXPECT_EQ(of.next(), R"(["b",2])");
  of.answer(b);
  EXPECT_EQ(of.next(), R"(["c",3])");
  of.answer(c);
  of.saw({R"(b ["yes"])"});
  EXPECT_EQ(of.next(), "");
  EXPECT_EQ(of.of.bytes(), 0u);
}

// CS-13: retries + 1 attempts
TEST(RetryQueue, CS_13_CountsAttempts) {
  for (const unsigned retries : {0u, 1u, 2u, 5u}) {
    queue of(retries);
    const auto a = of.push("a");
    of.push("b", false);
    for (unsigned attempt = 0; attempt <= retries; ++attempt) {
      of.saw({});
      ASSERT_EQ(of.next(), R"(["a",1])") << retries << ' ' << attempt;
      of.of.on_failure(a, errc::timed_out);
    }
    of.saw({"a timed out"});
    EXPECT_EQ(of.next(), R"(["b",2])") << "the next one has attempts of its own";
    EXPECT_EQ(of.of.bytes(), 10u);
  }
}

TEST(RetryQueue, CS_13_AnAnswerMayComeToTheLastAttempt) {
  queue of(1);
  const auto a = of.push("a");
  of.next();
  of.of.on_failure(a, errc::timed_out);
  of.next();
  of.answer(a);
  of.saw({R"(a ["yes"])"});
}

// What could not leave was no attempt.
TEST(RetryQueue, RefusedDoesNotCount) {
  for (const bool timed : {false, true}) {
    queue of(1, timed);
    const auto a = of.push("a");
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ(of.next(), R"(["a",1])");
      of.of.on_failure(a, errc::refused);
    }
    for (int i = 0; i < 2; ++i) {
      of.saw({});
      ASSERT_EQ(of.next(), R"(["a",1])");
      of.of.on_failure(a, errc::timed_out);
    }
    of.saw({"a timed out"});
  }
}

// CS-14: without a time, the next connection repeats it as often as it takes
TEST(RetryQueue, CS_14_DisconnectedCountsWithATimeOnly) {
  struct row {
    bool timed;
    std::optional<milliseconds> own;
    bool counts;
  };
  for (const row& each : {row{false, std::nullopt, false}, row{true, std::nullopt, true},
                          row{false, 5ms, true}, row{true, 5ms, true}}) {
    queue of(2, each.timed);
    const auto a = of.push("a", true, 10, {.timeout = each.own});
    int attempts = 0;
    for (; attempts < 20 && of.next() != ""; ++attempts) of.of.on_failure(a, errc::disconnected);
    EXPECT_EQ(attempts, each.counts ? 3 : 20);
    of.saw(each.counts ? lines{"a disconnected"} : lines{});
  }
}

// CS-13: `again` is for a new connection
TEST(RetryQueue, CS_13_RepeatsOnANewConnection) {
  queue of(1);
  EXPECT_EQ(of.next(true), "");
  const auto a = of.push("a");
  EXPECT_EQ(of.next(true), R"(["a",1])");
  EXPECT_EQ(of.next(false), "");
  EXPECT_EQ(of.next(true), R"(["a",1])");
  of.of.on_failure(a, errc::timed_out);
  of.saw({"a timed out"});
}

TEST(RetryQueue, IgnoresWhatComesTooLate) {
  queue of(0);
  const auto a = of.push("a"), b = of.push("b");
  of.next();
  of.of.on_failure(a, errc::timed_out);
  of.saw({"a timed out"});
  of.answer(a);
  of.of.on_failure(a, errc::timed_out);
  of.answer(77);
  of.saw({});
  EXPECT_EQ(of.of.bytes(), 10u);
  EXPECT_EQ(of.next(), R"(["b",2])");
  of.answer(b);
  of.answer(b);
  of.saw({R"(b ["yes"])"});
}

// It has left before its answer is told.
TEST(RetryQueue, WhoIsToldMayEmit) {
  queue of(0);
  const auto a = of.push("a"), b = of.push("b");
  of.then = [&] {
    of.then = nullptr;
    of.push("c");
    EXPECT_EQ(of.of.bytes(), 20u);
    EXPECT_EQ(of.next(), R"(["b",2])");
  };
  of.next();
  of.answer(a);
  EXPECT_EQ(of.next(), "");
  of.then = [&] { EXPECT_EQ(of.next(), R"(["c",3])"); };
  of.of.on_failure(b, errc::timed_out);
  of.saw({R"(a ["yes"])", "b timed out"});
}

TEST(RetryQueue, GivesUpWhatIsThere) {
  queue of(3);
  EXPECT_FALSE(of.of.pop());
  const auto a = of.push("a", true, 10, {.compress = false, .timeout = 7ms});
  of.push("b", false, 20);
  of.next();
  const auto first = of.of.pop();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->number, a);
  EXPECT_EQ(first->attempts, 1u);
  EXPECT_FALSE(first->flags.compress);
  EXPECT_EQ(first->flags.timeout, 7ms);
  ASSERT_NE(first->answer, nullptr);
  first->answer->on_failure(errc::disconnected);
  of.answer(a);
  of.saw({"a disconnected"});
  EXPECT_EQ(of.of.bytes(), 20u);
  EXPECT_EQ(of.next(), R"(["b",2])") << "nothing is under way any more";
  EXPECT_EQ(of.of.pop()->answer, nullptr);
  EXPECT_EQ(of.of.bytes(), 0u);
}

TEST(RetryQueue, ShowsWhatWaits) {
  queue of(3);
  of.push("a");
  of.push("b", false);
  of.next();
  std::vector<buffered_event> seen(1);
  of.of.look(start + 2'500us, seen);
  ASSERT_EQ(seen.size(), 3u) << "behind what is in the list";
  EXPECT_EQ(seen[1].name, "a");
  EXPECT_EQ(seen[1].arguments, values{1});
  EXPECT_EQ(seen[1].age, 2ms);
  EXPECT_TRUE(seen[1].wants_ack);
  EXPECT_EQ(seen[2].name, "b");
  EXPECT_FALSE(seen[2].wants_ack);
}

TEST(RetryQueue, AKeyIsTheLastArgument) {
  const auto bare = detail::keep_event("a");
  EXPECT_EQ(with_key(*bare, "k-1")->text, R"(["a","k-1"])");
  EXPECT_EQ(bare->text, R"(["a"])") << "what it was made of stays as it is";
  const binary bytes(std::string_view("\0]", 2));
  const auto full = with_key(*detail::keep_event("a", bytes, "]"), "k-2");
  const auto shown = describe(*full, 0ms, false);
  EXPECT_EQ(shown.name, "a");
  EXPECT_EQ(shown.arguments, (values{bytes, "]", "k-2"}));
}

}  // namespace
}  // namespace socketio::client_side
