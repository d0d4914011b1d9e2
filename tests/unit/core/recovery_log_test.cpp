// The log against a model that is too simple to be wrong: a list of everything ever appended.
// Random operations with fixed seeds. Rows CR-02, CR-12, CR-14.
#include "core/recovery_log.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace socketio::core {
namespace {

using namespace std::chrono_literals;
using gap = recovery_log::gap;
using names = std::vector<std::string>;

session_id id_of(char c) { return session_id(std::string(session_id::length, c)); }

std::vector<wire::frame> group_of(const std::string& text, int attachments = 0) {
  std::vector<wire::frame> group{wire::frame::text({text}, wire::frame_class::event)};
  for (int i = 0; i < attachments; i++)
    group.push_back(wire::frame::binary("bytes of " + text, wire::frame_class::event));
  return group;
}

class log_model {
 public:
  explicit log_model(unsigned seed) : dice_(seed) {}

  void step() {
    switch (dice_() % 8) {
      case 0: now_ += milliseconds(dice_() % 400); break;
      case 1:
        log_.expire(now_);
        expire();
        break;
      default: append();
    }
  }

  void check() {
    EXPECT_EQ(log_.next(), all_.size() + 1);
    EXPECT_EQ(log_.size(), all_.size() - gone_);
    EXPECT_EQ(log_.first(), gone_ + 1);
    std::size_t bytes = 0;
    std::uint64_t expected = gone_ + 1;
    log_.each(0, [&](std::uint64_t number, const recovery_log::entry& one) {
      EXPECT_EQ(number, expected++);
      EXPECT_EQ(one.first.packet(), all_[number - 1].text) << number;
      bytes += one.frame_bytes() + recovery_log::overhead(one);
    });
    EXPECT_EQ(expected, log_.next());
    EXPECT_EQ(bytes, log_.bytes());
    EXPECT_LE(log_.bytes(), bytes_max);
    check_since(1 + dice_() % (all_.size() + 1), now_ - milliseconds(dice_() % 3000));
    EXPECT_EQ(log_.next_expiry(now_).has_value(), log_.size() > 0);
  }

 private:
  static constexpr std::size_t bytes_max = 4000;
  struct event {
    std::string text;
    time_point made;
    bool overflowed = false;
  };

  void append() {
    expire();
    const std::string text =
        "event " + std::to_string(all_.size() + 1) + std::string(dice_() % 40, 'x');
    const auto group = group_of(text, static_cast<int>(dice_() % 3));
    if (dice_() % 2)
      log_.append(group, id_of('a'), now_);
    else
      log_.append(group, names(dice_() % 3, "room"), names(dice_() % 2, "except"), {}, now_);
    all_.push_back({text, now_});
    const std::size_t left = log_.size();  // how many bytes an entry counts is the log's business
    while (all_.size() - gone_ > left) all_[gone_++].overflowed = true;
  }

  void expire() {
    while (gone_ < all_.size() && now_ - all_[gone_].made > 1s) gone_++;
  }

  // Everything from `from` on must be there, except what was made before `received`.
  void check_since(std::uint64_t from, time_point received) {
    gap wanted = gap::none;
    for (std::size_t i = from - 1; i < gone_; i++)
      if (all_[i].made >= received) wanted = gap::aged;
    if (wanted != gap::none)
      for (std::size_t i = from - 1; i < gone_; i++)
        if (all_[i].overflowed) wanted = gap::overflowed;
    const auto found = log_.since(from, received);
    EXPECT_EQ(found.missing, wanted) << "from " << from << ", first " << gone_ + 1;
    EXPECT_EQ(found.from, std::max<std::uint64_t>(from, gone_ + 1));
  }

  std::mt19937 dice_;
  time_point now_{std::chrono::hours(24 * 50)};  // the milliseconds of 32 bits have come round
  recovery_log log_{{bytes_max, 1s}};
  std::vector<event> all_;
  std::size_t gone_ = 0;
};

TEST(RecoveryLog, is_as_a_list_of_all_events) {
  for (unsigned seed = 1; seed <= 20; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    log_model model(seed);
    for (int i = 0; i < 600 && !::testing::Test::HasFailure(); i++) {
      model.step();
      model.check();
    }
  }
}

constexpr time_point start{std::chrono::hours(1)};

// CR-08: an empty log has everything, when nothing was lost.
TEST(RecoveryLog, that_is_empty_because_nothing_was_sent_has_everything) {
  const recovery_log log({1000, 1s});
  EXPECT_EQ(log.since(1, start).missing, gap::none);
}

// CR-08, CR-12: what is gone for its age does no harm when it had been received.
TEST(RecoveryLog, does_not_miss_what_had_been_received) {
  recovery_log log({1'000'000, 1s});
  log.append(group_of("old"), id_of('a'), start);
  log.expire(start + 2s);
  EXPECT_EQ(log.size(), 0u);
  EXPECT_EQ(log.since(1, start + 1ms).missing, gap::none);
  EXPECT_EQ(log.since(1, start + 1ms).from, 2u);
  EXPECT_EQ(log.since(1, start).missing, gap::aged);
  EXPECT_EQ(log.since(2, start).missing, gap::none);
}

TEST(RecoveryLog, that_is_larger_than_its_limit_says_so) {
  recovery_log log({1024, 1s});
  log.append(group_of(std::string(2000, 'x')), id_of('a'), start);
  EXPECT_EQ(log.size(), 0u);
  EXPECT_EQ(log.since(1, start).missing, gap::overflowed);
  EXPECT_EQ(log.next(), 2u);
}

// CR-14, except that a room counts only while one is in it.
TEST(RecoveryLog, an_event_is_for_those_who_were_in_its_rooms_then) {
  recovery_log log({100'000, 1s});
  const names none, red{"red"}, blue{"blue"}, both{"red", "blue"}, own{std::string(20, 'a')};
  log.append(group_of("1"), id_of('a'), start);
  log.append(group_of("2"), id_of('b'), start);
  log.append(group_of("3"), none, none, {}, start);
  log.append(group_of("4"), red, none, {}, start);
  log.append(group_of("5"), both, none, {}, start);
  log.append(group_of("6"), none, red, {}, start);
  log.append(group_of("7"), red, blue, {}, start);
  log.append(group_of("8"), own, none, {}, start);
  log.append(group_of("9"), none, own, {}, start);
  const auto for_whom = [&](std::vector<room_stay> stays, bool own_room = true) {
    std::string numbers;
    const addressee who(id_of('a'), own_room, 0, stays);
    log.each(1, [&](std::uint64_t number, const recovery_log::entry& one) {
      if (one.is_for(who, number)) numbers += std::to_string(number);
    });
    return numbers;
  };
  EXPECT_EQ(for_whom({}), "1368");
  EXPECT_EQ(for_whom({}, false), "1369") << "it has left its own room";
  EXPECT_EQ(for_whom({{"red", 1}}), "134578");
  EXPECT_EQ(for_whom({{"blue", 1}}), "13568");
  EXPECT_EQ(for_whom({{"red", 1}, {"blue", 1}}), "13458");
  EXPECT_EQ(for_whom({{"red", 5}}), "13578") << "it came into the room with the fifth";
  EXPECT_EQ(for_whom({{"red", 1, 5}}), "13468") << "it left with the fifth";
  EXPECT_EQ(for_whom({{"red", 1, 4}, {"red", 7}}), "13678");
}

}  // namespace
}  // namespace socketio::core
