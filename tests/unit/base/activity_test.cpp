// What a watchdog sees of a shard: the test is both, and the time is its own.
#include "base/activity.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace socketio {
namespace {

using namespace std::chrono_literals;

struct event {
  std::string name = "chat";
};

class Activity : public testing::Test {
 protected:
  Activity() {
    seen.describe_event = [](const void* at) noexcept -> activity::description {
      return {static_cast<const event*>(at)->name, "/"};
    };
    seen.on_ended = [this](const activity::call& what) { ended.push_back(text_of(what)); };
    seen.time = []() noexcept { return now; };
  }
  // The names that were told while `time` passed in steps of 25 ms.
  std::vector<std::string> watch(milliseconds time) {
    std::vector<std::string> told;
    for (milliseconds passed{0}; passed < time; passed += 25ms) {
      if (const auto one = seen.look(now, 100ms)) {
        told.push_back(text_of(*one));
        EXPECT_FALSE(seen.told());
      }
      now += 25ms;
    }
    return told;
  }
  static std::string text_of(const activity::call& what) {
    return what.name + what.nsp + std::to_string((what.until - what.since) / 1ms);
  }
  using names = std::vector<std::string>;

  activity seen;
  static inline time_point now{1h};
  names ended;
};

TEST_F(Activity, nothing_runs) {
  EXPECT_EQ(watch(1s), names{});
  EXPECT_EQ(ended, names{});
}

TEST_F(Activity, a_call_is_told_once_while_it_runs_and_once_when_it_has_ended) {
  {
    const activity::scope running(&seen, {"post", "/a"});
    EXPECT_EQ(watch(1s), names{"post/a100"});
    EXPECT_EQ(ended, names{});
  }
  EXPECT_EQ(ended, names{"post/a1000"});
  EXPECT_EQ(watch(1s), names{});
}

TEST_F(Activity, an_event_is_told_by_its_description) {
  const event chat;
  {
    const activity::event_scope running(seen, &chat);
    EXPECT_EQ(watch(125ms), names{"chat/100"});
  }
  EXPECT_EQ(ended, names{"chat/125"});
}

TEST_F(Activity, what_ends_in_time_is_not_told) {
  const event chat;
  for (int i = 0; i < 100; i++) {  // at the same address
    {
      const activity::event_scope running(seen, &chat);
      EXPECT_EQ(watch(75ms), names{});
    }
    const activity::scope running(&seen, {"post", {}});
    EXPECT_EQ(watch(75ms), names{});
  }
  EXPECT_EQ(ended, names{});
}

TEST_F(Activity, the_call_that_has_run_for_so_long_is_told_and_not_what_it_calls) {
  const activity::scope outer(&seen, {"outer", {}});
  EXPECT_EQ(watch(50ms), names{});
  {
    const activity::scope inner(&seen, {"inner", {}});
    EXPECT_EQ(watch(25ms), names{});
  }
  const activity::scope inner(&seen, {"inner", {}});
  EXPECT_EQ(watch(1s), names{"outer100"});
}

TEST_F(Activity, the_innermost_call_is_told_when_it_was_there_from_the_beginning) {
  const activity::scope outer(&seen, {"outer", {}});
  {
    const activity::scope inner(&seen, {"inner", {}});
    EXPECT_EQ(watch(200ms), names{"inner100"});
  }
  EXPECT_EQ(ended, names{"inner200"});
  EXPECT_EQ(watch(200ms), names{"outer100"});
}

TEST_F(Activity, an_end_is_not_told_before_what_has_ended) {
  std::optional<activity::call> blocked;
  {
    const activity::scope running(&seen, {"post", {}});
    while (!blocked) blocked = seen.look(now += 25ms, 100ms);
    now += 10ms;
  }
  EXPECT_EQ(text_of(*blocked), "post100");
  now += 1h;
  EXPECT_EQ(ended, names{}) << "it is still being told";
  const auto end = seen.told();
  ASSERT_TRUE(end);
  EXPECT_EQ(text_of(*end), "post110");
  EXPECT_FALSE(seen.told());
  EXPECT_EQ(watch(200ms), names{});
  const activity::scope running(&seen, {"next", {}});
  EXPECT_EQ(watch(200ms), names{"next100"});
}

TEST_F(Activity, a_call_around_an_event_is_watched_again_when_the_event_ends) {
  const activity::scope outer(&seen, {"outer", {}});
  EXPECT_EQ(watch(50ms), names{});
  const event chat;
  {
    const activity::event_scope running(seen, &chat);
    EXPECT_EQ(watch(200ms), names{"chat/100"});
  }
  EXPECT_EQ(watch(200ms), names{"outer100"});
}

TEST_F(Activity, a_process_that_stood_still_is_no_slow_handler) {
  const activity::scope running(&seen, {"post", {}});
  EXPECT_EQ(watch(25ms), names{});
  now += 1h;
  EXPECT_EQ(watch(25ms), names{});
  EXPECT_EQ(watch(25ms).size(), 1u) << "but in the end it is";
}

TEST_F(Activity, without_an_activity_nothing_happens) {
  const activity::scope outer(&seen, {"outer", {}});
  {
    const activity::scope nowhere(nullptr, {"nowhere", {}});
    EXPECT_EQ(watch(200ms), names{"outer100"});
  }
  EXPECT_EQ(ended, names{});
}

// For the thread sanitizer: names are freed as soon as their calls have ended.
TEST_F(Activity, names_are_read_while_calls_come_and_go) {
  std::atomic<bool> over{false};
  std::atomic<int> told{0};
  activity here;
  here.describe_event = seen.describe_event;
  here.on_ended = [](const activity::call& what) { EXPECT_FALSE(what.name.empty()); };
  std::thread shard([&] {
    for (int i = 0; !over; i++) {
      const bool slow = i % 1'000 == 0;
      const std::string name(40, static_cast<char>('a' + i % 26));
      const activity::scope running(&here, {name, {}});
      const event chat{name};
      {
        const activity::event_scope event_running(here, &chat);
        if (slow) std::this_thread::sleep_for(5ms);
      }
      const activity::scope inner(&here, {name, {}});
      if (slow) std::this_thread::sleep_for(10ms);
    }
  });
  const time_point deadline = clock::now() + 30s;
  while (told < 20 && clock::now() < deadline) {
    std::this_thread::sleep_for(1ms);
    const auto one = here.look(clock::now(), 2ms);
    if (!one) continue;
    EXPECT_EQ(one->name, std::string(40, one->name[0]));
    if (const auto end = here.told()) {
      EXPECT_EQ(end->name, one->name);
    }
    told++;
  }
  EXPECT_EQ(told, 20);
  over = true;
  shard.join();
}

// ---- turns

class Turn : public Activity {
 protected:
  // Calls that come and go, each seen at most once.
  names short_calls(milliseconds time) {
    names told;
    for (milliseconds passed{0}; passed < time; passed += 25ms) {
      const activity::scope running(&seen, {"short", "/"});
      if (const auto one = seen.look(now, 100ms)) {
        told.push_back(text_of(*one));
        EXPECT_TRUE(one->is_turn);
        EXPECT_FALSE(seen.told());
      }
      now += 25ms;
    }
    return told;
  }
};

TEST_F(Turn, of_many_short_calls_is_told_once_while_it_runs_and_once_when_it_has_ended) {
  seen.turn_begins();
  EXPECT_EQ(short_calls(1s), names{"turn100"});
  EXPECT_EQ(ended, names{});
  seen.turn_ends();
  EXPECT_EQ(ended, names{"turn1000"});
  EXPECT_EQ(watch(1s), names{}) << "nothing runs";
  seen.turn_begins();
  EXPECT_EQ(short_calls(75ms), names{}) << "the next one is another one";
  seen.turn_ends();
  EXPECT_EQ(ended.size(), 1u);
}

TEST_F(Turn, that_follow_each_other_are_not_one) {
  for (int i = 0; i < 20; i++) {
    seen.turn_begins();
    EXPECT_EQ(short_calls(50ms), names{});
    seen.turn_ends();
  }
  EXPECT_EQ(ended, names{});
}

TEST_F(Turn, whose_one_call_is_long_is_told_by_its_call_only) {
  seen.turn_begins();
  {
    const activity::scope running(&seen, {"post", "/a"});
    EXPECT_EQ(watch(1s), names{"post/a100"});
  }
  EXPECT_EQ(short_calls(500ms), names{});
  seen.turn_ends();
  EXPECT_EQ(ended, names{"post/a1000"});
}

TEST_F(Turn, that_was_told_does_not_hide_a_call_that_hangs) {
  seen.turn_begins();
  EXPECT_EQ(short_calls(200ms), names{"turn100"});
  {
    const activity::scope running(&seen, {"hangs", ""});
    EXPECT_EQ(watch(300ms), names{"hangs100"});
  }
  seen.turn_ends();
  EXPECT_EQ(ended, (names{"hangs300", "turn500"}));
}

TEST_F(Turn, that_ends_while_it_is_told_is_told_to_whoever_tells) {
  seen.turn_begins();
  for (int i = 0; i < 4; i++) {
    EXPECT_FALSE(seen.look(now, 100ms));
    now += 25ms;
  }
  ASSERT_TRUE(seen.look(now, 100ms));
  now += 10ms;
  seen.turn_ends();
  EXPECT_EQ(ended, names{});
  const auto over = seen.told();
  ASSERT_TRUE(over);
  EXPECT_EQ(text_of(*over), "turn110");
}

}  // namespace
}  // namespace socketio
