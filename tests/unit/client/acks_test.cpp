// Acknowledgements: each settles exactly once, in time or by its timeout, or when the connection is
// lost (ACK-04, ACK-12, ACK-13, CS-15 to CS-17).
#include "client/acks.hpp"

#include "client_home.hpp"

namespace socketio::client_side {
namespace {

struct acks {
  explicit acks()
      : table(shard,
              [this](std::uint64_t id) { told.push_back("timeout of " + std::to_string(id)); }) {}

  // Somebody of ours who waits.
  class noted final : public answer_sink {
   public:
    noted(acks& of, std::string name) : of_(of), name_(std::move(name)) {}
    void on_answer(const input& arguments) override {
      of_.told.push_back(name_ + " " + value::from(arguments).to_string());
      if (of_.then) of_.then();
    }
    void on_failure(errc why) override {
      of_.told.push_back(name_ + " " + name_of(why));
      if (of_.then) of_.then();
    }

   private:
    acks& of_;
    const std::string name_;
  };
  std::uint64_t expect(std::string name, std::optional<milliseconds> timeout = std::nullopt,
                       bool buffered = false) {
    const auto id = table.next_id();
    table.expect(id, std::make_unique<noted>(*this, std::move(name)), timeout, buffered);
    return id;
  }
  bool settle(std::uint64_t id, const value& answer = value::list({1})) {
    return table.settle(id, detail::input_of(answer));
  }
  void saw(const lines& wanted) {
    EXPECT_EQ(told, wanted);
    told.clear();
  }

  testing_support::virtual_shard shard;
  lines told;
  std::function<void()> then;  // what is done inside of each outcome
  ack_table table;
};

// ACK-04: a second answer is one that nobody waits for
TEST(Acks, ACK_04_SettleOnce) {
  acks of;
  const auto a = of.expect("a", 100ms), b = of.expect("b");
  EXPECT_EQ(a, 0u);
  EXPECT_EQ(b, 1u);
  EXPECT_EQ(of.table.size(), 2u);
  EXPECT_TRUE(of.settle(a, value::list({"yes", 2})));
  EXPECT_FALSE(of.settle(a));
  EXPECT_FALSE(of.settle(77));
  of.table.fail(a, errc::refused);
  of.table.fail(77, errc::refused);
  of.shard.advance(1h);
  of.saw({R"(a ["yes",2])"});
  of.table.fail(b, errc::disconnected);
  EXPECT_FALSE(of.settle(b));
  of.table.fail_sent(errc::disconnected);
  of.saw({"b disconnected"});
  EXPECT_EQ(of.table.size(), 0u);
}

// CS-15, CS-16
TEST(Acks, CS_15_TimeOut) {
  acks of;
  const auto late = of.expect("late", 200ms), early = of.expect("early", 100ms);
  of.expect("never");
  of.shard.advance(99ms);
  of.saw({});
  of.shard.advance(1ms);
  of.saw({"timeout of " + std::to_string(early), "early timed out"});
  EXPECT_FALSE(of.settle(early)) << "it came too late";
  EXPECT_TRUE(of.settle(late));
  of.shard.advance(24h);
  of.saw({"late [1]"});
  EXPECT_EQ(of.table.size(), 1u);
}

TEST(Acks, CS_15_TimeOutAtOnceAndNever) {
  acks of;
  of.expect("zero", 0ms);
  of.expect("negative", -5ms);
  of.expect("for ever", milliseconds::max());
  of.saw({});
  of.shard.advance(1ms);
  of.saw({"timeout of 0", "zero timed out", "timeout of 1", "negative timed out"});
  of.shard.advance(24h * 400);
  of.saw({});
}

// What the table is told of a timeout is told while the outcome is not: ACK-13 takes the event out
// of the buffer then.
TEST(Acks, ACK_13_AskForTheEventBeforeTheyTell) {
  acks of;
  of.then = [&] { of.told.push_back(std::to_string(of.table.size()) + " left"); };
  of.expect("a", 10ms, true);
  of.shard.advance(10ms);
  of.saw({"timeout of 0", "a timed out", "0 left"});
}

// ACK-12
TEST(Acks, ACK_12_WhatWasSentFailsInTheOrderOfEmits) {
  acks of;
  lines wanted;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "sent " + std::to_string(i);
    of.expect(name);
    of.expect("buffered", 1s, true);
    wanted.push_back(name + " disconnected");
  }
  of.table.fail_sent(errc::disconnected);
  of.saw(wanted);
  EXPECT_EQ(of.table.size(), 100u);
  of.table.fail_sent(errc::disconnected);
  of.saw({});
  of.table.sent(1);
  of.table.sent(0);  // which is over
  of.table.fail_sent(errc::disconnected);
  of.saw({"buffered disconnected"});
  EXPECT_TRUE(of.settle(3)) << "what waits can be answered like any";
  of.saw({"buffered [1]"});
}

TEST(Acks, WhoIsToldMayEmitAndSettle) {
  acks of;
  for (const char* const name : {"a", "b", "c"}) of.expect(name, 100ms);
  int more = 0;
  of.then = [&] {
    if (more++ > 0) return;
    of.expect("new");
    EXPECT_TRUE(of.settle(1, value::list({"inside"})));
    EXPECT_FALSE(of.settle(0)) << "it is being told";
    of.table.fail_sent(errc::refused);
  };
  of.table.fail_sent(errc::disconnected);
  of.saw({"a disconnected", R"(b ["inside"])", "c refused", "new refused"});
  more = 0;
  of.then = [&] {
    if (more++ == 0) of.expect("next");
  };
  of.expect("d");
  of.table.fail_sent(errc::disconnected);
  of.saw({"d disconnected"});
  EXPECT_EQ(of.table.size(), 1u) << "what came in its turn is of the next connection";
}

TEST(Acks, DieUnsettled) {
  lines told;
  {
    acks of;
    of.expect("a", 10ms);
    told.swap(of.told);
  }
  EXPECT_EQ(told, lines{});
}

}  // namespace
}  // namespace socketio::client_side
