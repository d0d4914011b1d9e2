// What the application is told of an acknowledgement: through its outlet, in place where that calls
// directly, and a copy where an executor comes later.
#include "client/acks.hpp"
#include "client_home.hpp"

#include <deque>

namespace socketio::client_side {
namespace {

struct ear final : detail::ack_receiver {
  explicit ear(lines& to) : told(to) {}
  ~ear() override { told.emplace_back("gone"); }
  void on_answer(const input& arguments) override {
    told.push_back(value::from(arguments).to_string());
    std::string_view first;
    input element;
    if (input::walk(arguments).next(element) && element.get_string(first)) place = first.data();
    if (place) told.emplace_back(place == in_packet ? "in place" : "a copy");
  }
  void on_failure(errc why) override { told.push_back(name_of(why)); }
  lines& told;
  const char* place = nullptr;
  const char* in_packet = nullptr;
};

struct listening {
  explicit listening(outlet::executor to = nullptr)
      : out(std::make_shared<outlet>(std::move(to), nullptr, logger::silent())),
        packet(value::list({"a text that has a place of its own"})) {
    auto receiver = std::make_unique<ear>(told);
    receiver->in_packet = (*packet.as_array())[0].as_string()->data();
    answer = std::make_unique<user_answer>(out, std::move(receiver));
  }
  static outlet::executor later(std::deque<std::function<void()>>& queue) {
    return [&queue](std::function<void()> work) { queue.push_back(std::move(work)); };
  }

  lines told;
  std::shared_ptr<outlet> out;
  value packet;
  std::unique_ptr<user_answer> answer;
};

TEST(UserAnswer, ReadsThePacketInPlace) {
  listening of;
  of.answer->on_answer(detail::input_of(of.packet));
  EXPECT_EQ(of.told, (lines{R"(["a text that has a place of its own"])", "in place", "gone"}));
}

TEST(UserAnswer, KeepsTheArgumentsForAnExecutor) {
  std::deque<std::function<void()>> queue;
  listening of(listening::later(queue));
  of.answer->on_answer(detail::input_of(of.packet));
  of.packet = value::list({"another packet"});
  of.answer.reset();
  EXPECT_EQ(of.told, lines{});
  ASSERT_EQ(queue.size(), 1u);
  queue.front()();
  queue.clear();
  EXPECT_EQ(of.told, (lines{R"(["a text that has a place of its own"])", "a copy", "gone"}));
}

TEST(UserAnswer, TellsOfFailures) {
  listening direct;
  direct.answer->on_failure(errc::timed_out);
  EXPECT_EQ(direct.told, (lines{"timed out", "gone"}));
  std::deque<std::function<void()>> queue;
  listening of(listening::later(queue));
  of.answer->on_failure(errc::disconnected);
  EXPECT_EQ(of.told, lines{});
  queue.front()();
  queue.clear();
  EXPECT_EQ(of.told, (lines{"disconnected", "gone"}));
}

// Whoever waits in a coroutine learns of it by the end of the receiver.
TEST(UserAnswer, DiesUntoldBehindClose) {
  std::deque<std::function<void()>> queue;
  listening direct, of(listening::later(queue)), unsettled;
  direct.out->close();
  direct.answer->on_answer(detail::input_of(direct.packet));
  EXPECT_EQ(direct.told, lines{"gone"});
  of.answer->on_failure(errc::timed_out);
  of.out->close();
  queue.front()();
  queue.clear();
  EXPECT_EQ(of.told, lines{"gone"});
  unsettled.answer.reset();
  EXPECT_EQ(unsettled.told, lines{"gone"});
}

}  // namespace
}  // namespace socketio::client_side
