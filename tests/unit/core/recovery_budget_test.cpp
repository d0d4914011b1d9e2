// Recovery's limits count for all namespaces of a shard together, and nobody can make others give
// up more than is fair.
#include "core/recovery_budget.hpp"

#include "core/recovery_registry.hpp"
#include "unit/core/recovery_script.hpp"

#include <algorithm>
#include <random>

namespace socketio::core_testing {
namespace {

TEST(BySize, knows_who_holds_most_but_for_a_factor_of_two) {
  struct one {
    core::by_size<one>::holder held{*this};
  };
  std::mt19937 dice(7);
  std::vector<one> all(20);
  core::by_size<one> sizes;
  for (int i = 0; i < 10'000; i++) {
    one& any = all[dice() % all.size()];
    sizes.set(any.held, dice() % 4 == 0 ? 0 : dice() >> (dice() % 32));
    std::size_t sum = 0, most = 0;
    for (const one& each : all) {
      sum += each.held.amount();
      most = std::max(most, each.held.amount());
    }
    ASSERT_EQ(sizes.sum(), sum);
    if (sum == 0) continue;
    ASSERT_GT(sizes.most().held.amount(), most / 2);
  }
  for (one& each : all) sizes.set(each.held, 0);
}

TEST(GoneSessions, are_remembered_for_all_namespaces_together) {
  const auto gone = std::make_shared<core::gone_sessions>();
  const core::run_name run{'r', 'u', 'n', 's'};
  core::recovery_registry one(run, 1, gone), other(run, 1, gone);
  const auto id = [](int number) {
    std::string text = std::to_string(number);
    return session_id("runs" + std::string(16 - text.size(), 'A') + text);
  };
  one.forget(id(0), outcome::expired);
  EXPECT_EQ(one.what_became_of(id(0)), outcome::expired);
  EXPECT_EQ(other.what_became_of(id(0)), outcome::unknown_session) << "of another namespace";
  const int most = static_cast<int>(core::gone_sessions::remembered_max);
  for (int i = 1; i < most; i++) (i % 2 ? one : other).forget(id(i), outcome::ended);
  EXPECT_EQ(one.what_became_of(id(0)), outcome::expired);
  other.forget(id(most), outcome::ended);
  EXPECT_EQ(one.what_became_of(id(0)), outcome::unknown_session);
}

struct SharedLimits : Recovery {
  explicit SharedLimits(core::recovery_limits limits = {.log_bytes_max = 8192,
                                                        .sessions_max = 20,
                                                        .session_bytes_max = 20'000})
      : Recovery(limits) {
    any_ = home_.parent([](std::string_view, const value&) { return true; });
    any_->on_connection([this](const socket& who) { last_ = who; });
  }
  connection& join(const std::string& nsp, memory& me) {
    connection& peer = home_.connect();
    peer.says("0" + nsp + ",");
    const std::string packet = peer.next();
    me.pid = packet.substr(packet.find("pid") + 6, 20);
    return peer;
  }
  void come_and_go(const std::string& nsp, memory& me) { join(nsp, me).hang_up(); }
  bool comes_back(const std::string& nsp, const memory& me) {
    home_.connect().says("0" + nsp + "," + me.auth());
    return last_.recovered();
  }
  std::size_t sessions_of(const std::string& nsp) {
    return home_.of(nsp).impl()->recovery()->sessions();
  }
  std::optional<parent_nsp> any_;
};

// A peer fills one budget, however many namespaces it makes.
TEST_F(SharedLimits, sessions_of_all_namespaces_count_together) {
  memory me;
  for (int i = 0; i < 100; i++) {
    come_and_go("/" + std::to_string(i), me);
    ASSERT_LE(home_.counters().recovery_sessions.get(), 20u);
  }
  EXPECT_EQ(home_.counters().recovery_sessions.get(), 20u);
  EXPECT_EQ(sessions_of("/79"), 0u);
  EXPECT_EQ(sessions_of("/80"), 1u) << "the oldest go first";
}

TEST_F(SharedLimits, bytes_of_sessions_count_together) {
  memory me;
  for (int i = 0; i < 30; i++) {
    const std::string nsp = "/" + std::to_string(i);
    connection& peer = join(nsp, me);
    for (int j = 0; j < 10; j++) last_.join(std::to_string(j) + std::string(300, 'r'));
    peer.hang_up();
  }
  std::size_t bytes = 0;
  for (int i = 0; i < 30; i++)
    bytes += home_.of("/" + std::to_string(i)).impl()->recovery()->session_bytes();
  EXPECT_LE(bytes, 20'000u);
  EXPECT_GT(bytes, 10'000u);
}

// Whoever has less than half of what the greatest one holds is left alone.
TEST_F(SharedLimits, the_children_of_a_parent_push_out_each_other) {
  memory main[3], me;
  for (memory& one : main) come(one).hang_up();
  for (int i = 0; i < 200; i++) come_and_go("/" + std::to_string(i), me);
  EXPECT_EQ(home_.counters().recovery_sessions.get(), 20u);
  for (memory& one : main) {
    memory again;
    come_back(one);
    EXPECT_TRUE(last_.recovered());
  }
  EXPECT_TRUE(comes_back("/199", me));
}

TEST_F(SharedLimits, a_full_namespace_gives_others_a_share) {
  memory me;
  for (int i = 0; i < 30; i++) {
    memory one;
    come(one).hang_up();
  }
  EXPECT_EQ(inside().sessions(), 20u);
  for (int i = 0; i < 200; i++) come_and_go("/" + std::to_string(i), me);
  EXPECT_EQ(home_.counters().recovery_sessions.get(), 20u);
  EXPECT_GE(inside().sessions(), 5u);
  EXPECT_LE(inside().sessions(), 15u);
}

TEST_F(SharedLimits, one_session_that_is_too_large_pushes_out_nobody_else) {
  memory main[3], large, small;
  for (memory& one : main) come(one).hang_up();
  connection& peer = join("/large", large);
  for (int i = 0; i < 100; i++) last_.join(std::to_string(i) + std::string(300, 'r'));
  peer.hang_up();
  EXPECT_EQ(inside().sessions(), 3u);
  EXPECT_EQ(sessions_of("/large"), 1u);
  come_and_go("/small", small);
  EXPECT_EQ(sessions_of("/large"), 0u) << "it goes when the next one comes";
  EXPECT_EQ(sessions_of("/small"), 1u);
  EXPECT_EQ(inside().sessions(), 3u);
}

// CR-12
TEST_F(SharedLimits, logs_of_all_namespaces_count_together) {
  memory main, first, last;
  connection& here = come(main);
  last_.emit("small");
  here.hang_up();
  const auto talk = [&](int i, memory& me) {
    const std::string nsp = "/" + std::to_string(i);
    come_and_go(nsp, me);
    home_.of(nsp).emit("event", std::string(1000, 'x'));
    ASSERT_LE(home_.counters().recovery_log_bytes.get(), 8192u);
  };
  talk(0, first);
  for (int i = 1; i < 18; i++) talk(i, last);
  EXPECT_GT(home_.counters().recovery_log_bytes.get(), 4096u);
  std::size_t bytes = inside().log().bytes();
  for (int i = 0; i < 18; i++)
    bytes += home_.of("/" + std::to_string(i)).impl()->recovery()->log().bytes();
  EXPECT_EQ(home_.counters().recovery_log_bytes.get(), bytes);
  EXPECT_FALSE(comes_back("/0", first));
  EXPECT_EQ(last_.recovery().what, outcome::log_overflow);
  EXPECT_TRUE(comes_back("/17", last));
  come_back(main);
  EXPECT_TRUE(last_.recovered()) << "its log is small";
}

// What nobody can come back for is not kept.
TEST_F(SharedLimits, a_log_ends_with_the_last_who_could_come_back) {
  memory one, two;
  connection& peer = come(one);
  connection& other = come(two);
  home_.of().emit("event");
  peer.hang_up();
  other.says("1");
  EXPECT_EQ(inside().log().size(), 1u) << "the first one may come back";
  home_.wait(121s);
  EXPECT_EQ(inside().sessions(), 0u);
  EXPECT_EQ(inside().log().size(), 0u);
  EXPECT_EQ(home_.counters().recovery_log_bytes.get(), 0u);
  memory three, again;
  come(three).hang_up();
  home_.of().emit("next");
  EXPECT_EQ(read(come_back(three), again), (strings{R"(2["next"])", "connect"}));
}

// Somebody in a middleware has been sent something already.
TEST_F(SharedLimits, a_log_is_kept_for_those_in_their_middlewares) {
  std::optional<next_fn> go_on;
  home_.of().use([&](const socket& who, const next_fn& next) {
    who.emit("early");
    go_on = next;
  });
  connection& slow = home_.connect();
  slow.says("0");
  const next_fn of_slow = *go_on;
  connection& quick = home_.connect();
  quick.says("0");
  quick.hang_up();
  EXPECT_EQ(inside().log().size(), 2u);
  of_slow();
  home_.turn();
  memory me, again;
  read(slow, me);
  me.offset.clear();
  slow.hang_up();
  EXPECT_EQ(read(come_back(me), again), (strings{R"(2["early"])", "connect"}));
}

}  // namespace
}  // namespace socketio::core_testing
