// The client's loop: posting, descriptors, the order of a turn, and that everything may go away in
// the middle of it. Driven by poll() where that suffices, which makes each turn visible.
#include "dial/reactor.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace socketio::test {
namespace {

using dial::reactor;

class pipe_pair {
 public:
  pipe_pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0); }
  ~pipe_pair() {
    shut(0);
    shut(1);
  }
  int ours() const { return ends_[0]; }
  void write(std::string_view text) {
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string read() {
    char bytes[64];
    const auto got = ::read(ends_[0], bytes, sizeof bytes);
    return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
  }
  void shut(int which) {
    if (ends_[which] >= 0) ::close(ends_[which]);
    ends_[which] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

class callback_watcher final : public dial::watcher {
 public:
  explicit callback_watcher(std::function<void(bool, bool)> what) : what_(std::move(what)) {}
  void on_ready(bool readable, bool writable) override {
    ++times;
    what_(readable, writable);
  }
  int times = 0;

 private:
  std::function<void(bool, bool)> what_;
};

class callback_timer final : public timer {
 public:
  explicit callback_timer(std::function<void()> what) : what_(std::move(what)) {}

 private:
  void on_expired(time_point) override { what_(); }
  std::function<void()> what_;
};

class callback_flush final : public dial::flushable {
 public:
  explicit callback_flush(std::function<void()> what = [] {}) : what_(std::move(what)) {}
  void flush() override {
    ++times;
    what_();
  }
  int times = 0;

 private:
  std::function<void()> what_;
};

bool can_be_read(const reactor& loop) {
  pollfd asked{loop.descriptor(), POLLIN, 0};
  return ::poll(&asked, 1, 0) == 1;
}

// ---- posting

TEST(Reactor, posted_work_runs_in_order_on_its_thread) {
  reactor loop;
  std::vector<int> seen;
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(loop.post([&, i] {
      EXPECT_TRUE(loop.on_thread());
      seen.push_back(i);
    }));
  }
  EXPECT_FALSE(loop.on_thread());
  EXPECT_TRUE(can_be_read(loop));
  loop.poll();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_FALSE(loop.on_thread());
  EXPECT_FALSE(can_be_read(loop));
  EXPECT_FALSE(loop.deadline());
}

TEST(Reactor, posts_of_other_threads_wake_it) {
  reactor loop;
  std::thread runs([&] { loop.run(); });
  std::atomic<int> ran{0};
  std::vector<std::thread> posters;
  for (int who = 0; who < 4; ++who) {
    posters.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) EXPECT_TRUE(loop.post([&] { ++ran; }));
    });
  }
  for (auto& one : posters) one.join();
  loop.post([&] { loop.stop(); });
  runs.join();
  EXPECT_EQ(ran, 8'000);
}

TEST(Reactor, every_post_that_was_accepted_runs_although_it_stops_meanwhile) {
  for (int round = 0; round < 30; ++round) {
    reactor loop;
    std::atomic<int> ran{0};
    std::atomic<int> accepted{0};
    std::thread runs([&] { loop.run(); });
    std::thread poster([&] {
      while (loop.post([&] { ++ran; })) ++accepted;
    });
    while (accepted == 0) std::this_thread::yield();
    loop.stop();
    runs.join();
    poster.join();
    EXPECT_EQ(ran, accepted);
  }
}

TEST(Reactor, ends_although_work_goes_on_posting_itself) {
  reactor loop;
  std::function<void()> again = [&] { loop.post(again); };
  loop.post(again);
  loop.stop();
  loop.run();
  EXPECT_FALSE(loop.post([] {}));
}

TEST(Reactor, who_polls_hears_of_the_last_posts_too) {
  reactor loop;
  int ran = 0;
  loop.post([&] { loop.post([&] { ++ran; }); });
  loop.stop();
  EXPECT_TRUE(can_be_read(loop));
  loop.poll();
  EXPECT_EQ(ran, 1);
  EXPECT_FALSE(loop.post([&] { ++ran; }));
}

TEST(Reactor, work_that_throws_is_told_and_the_rest_of_the_batch_runs) {
  reactor loop;
  int told = 0, ran = 0;
  loop.on_exception = [&](std::exception_ptr) { ++told; };
  loop.post([] { throw 1; });
  loop.post([&] { ++ran; });
  loop.poll();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(ran, 1);
}

TEST(Reactor, events_beyond_the_limit_are_refused_until_those_before_are_done) {
  reactor loop(/*posted_bytes_max=*/100);
  EXPECT_EQ(loop.post_event([] {}, 101), post_outcome::refused);
  EXPECT_EQ(loop.post_event([] {}, 60), post_outcome::queued);
  EXPECT_EQ(loop.post_event([] {}, 41), post_outcome::refused);
  EXPECT_TRUE(loop.post(
      [&] { EXPECT_EQ(loop.post_event([] {}, 41), post_outcome::refused) << "not done yet"; }));
  loop.poll();
  EXPECT_EQ(loop.post_event([] {}, 100), post_outcome::queued);
}

TEST(Reactor, work_that_did_not_run_is_destroyed_with_it) {
  const auto alive = std::make_shared<int>();
  {
    reactor loop;
    loop.post([alive] { FAIL(); });
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

// ---- descriptors

TEST(Reactor, tells_who_wants_to_read_or_write) {
  reactor loop;
  pipe_pair pair;
  std::string heard;
  callback_watcher who([&](bool readable, bool writable) {
    heard += readable ? "r" : "";
    heard += writable ? "w" : "";
  });
  loop.watch(pair.ours(), who, true, false);
  loop.poll();
  EXPECT_EQ(heard, "");
  pair.write("x");
  EXPECT_TRUE(can_be_read(loop));
  loop.poll();
  EXPECT_EQ(heard, "r");
  loop.change(pair.ours(), false, true);
  loop.poll();
  EXPECT_EQ(heard, "rw");
  loop.change(pair.ours(), true, true);
  loop.poll();
  EXPECT_EQ(heard, "rwrw");
  loop.change(pair.ours(), false, false);
  loop.poll();
  EXPECT_EQ(heard, "rwrw");
  loop.change(pair.ours(), true, false);
  loop.poll();
  EXPECT_EQ(heard, "rwrwr") << "level triggered";
  loop.unwatch(pair.ours());
  loop.unwatch(pair.ours());
  loop.poll();
  EXPECT_EQ(heard, "rwrwr");
  EXPECT_EQ(loop.watched(), 0u);
}

TEST(Reactor, the_end_of_a_peer_is_told_to_who_wants_something_and_to_nobody_else) {
  reactor loop;
  pipe_pair pair;
  callback_watcher who([](bool, bool) {});
  loop.watch(pair.ours(), who, false, false);
  pair.shut(1);
  loop.poll();
  EXPECT_EQ(who.times, 0);
  EXPECT_FALSE(can_be_read(loop)) << "it would never sleep";
  loop.change(pair.ours(), true, false);
  loop.poll();
  EXPECT_EQ(who.times, 1);
}

TEST(Reactor, a_refusal_of_the_kernel_is_thrown) {
  reactor loop;
  callback_watcher who([](bool, bool) {});
  EXPECT_THROW(loop.watch(-1, who, true, false), std::system_error);
  EXPECT_EQ(loop.watched(), 0u);
}

// Two are ready in the same turn, and whoever is told first makes an end of the other.
TEST(Reactor, who_is_unwatched_by_another_is_not_told) {
  reactor loop;
  pipe_pair a, b;
  std::vector<callback_watcher> all;
  all.reserve(2);
  all.emplace_back([&](bool, bool) { loop.unwatch(b.ours()); });
  all.emplace_back([&](bool, bool) { loop.unwatch(a.ours()); });
  loop.watch(a.ours(), all[0], true, false);
  loop.watch(b.ours(), all[1], true, false);
  a.write("x");
  b.write("x");
  loop.poll();
  EXPECT_EQ(all[0].times + all[1].times, 1);
}

TEST(Reactor, a_successor_of_the_same_number_does_not_hear_what_was_meant_for_another) {
  reactor loop;
  pipe_pair a, b;
  callback_watcher successor([](bool, bool) {});
  const auto replaces = [&](const pipe_pair& own, const pipe_pair& other) {
    return [&](bool, bool) {
      loop.unwatch(own.ours());
      loop.unwatch(other.ours());
      loop.watch(other.ours(), successor, false, true);
    };
  };
  callback_watcher first(replaces(a, b)), second(replaces(b, a));
  loop.watch(a.ours(), first, true, false);
  loop.watch(b.ours(), second, true, false);
  a.write("x");
  b.write("x");
  loop.poll();
  EXPECT_EQ(first.times + second.times, 1);
  EXPECT_EQ(successor.times, 0) << "not in this turn";
  loop.poll();
  EXPECT_EQ(successor.times, 1);
}

// libcurl closes first and speaks later.
TEST(Reactor, a_descriptor_that_was_closed_while_watched_may_come_again) {
  reactor loop;
  callback_watcher old([](bool, bool) {}), who([](bool, bool) {});
  int number = 0;
  {
    pipe_pair gone;
    number = gone.ours();
    loop.watch(number, old, true, false);
  }
  pipe_pair next;
  ASSERT_EQ(next.ours(), number);
  loop.change(number, true, true);  // the kernel does not know it any more
  loop.watch(number, who, true, true);
  loop.poll();
  EXPECT_EQ(old.times, 0);
  EXPECT_EQ(who.times, 1);
}

TEST(Reactor, hundreds_that_are_ready_are_all_told_in_one_turn) {
  reactor loop;
  std::vector<std::unique_ptr<pipe_pair>> pairs;
  callback_watcher who([](bool, bool) {});
  for (int i = 0; i < 300; ++i) {
    pairs.push_back(std::make_unique<pipe_pair>());
    loop.watch(pairs.back()->ours(), who, true, false);
    pairs.back()->write("x");
  }
  loop.poll();
  EXPECT_EQ(who.times, 300);
}

// ---- the order of a turn

TEST(Reactor, a_turn_reads_then_runs_what_was_posted_then_timers_then_flushes) {
  reactor loop;
  pipe_pair pair;
  std::string order;
  callback_flush flush([&] { order += " flush"; });
  callback_timer alarm([&] {
    order += " timer";
    loop.mark_dirty(flush);
  });
  callback_watcher who([&](bool, bool) {
    order += " read";
    pair.read();
    loop.post([&] { order += " posted"; });
    loop.at_end_of_turn([&] { order += " end"; });
    loop.mark_dirty(flush);
    loop.mark_dirty(flush);
  });
  loop.watch(pair.ours(), who, true, false);
  loop.timers().arm(alarm, loop.now());
  pair.write("x");
  while (clock::now() < loop.now() + milliseconds(2)) std::this_thread::yield();
  loop.poll();
  EXPECT_EQ(order, " read posted timer end flush");
}

// The answer is in the kernel before the deadline, and the application was busy until behind it.
TEST(Reactor, what_arrived_before_a_deadline_is_read_before_the_timer_expires) {
  reactor loop;
  pipe_pair pair;
  std::string order;
  callback_timer alarm([&] { order += " timer"; });
  callback_watcher who([&](bool, bool) {
    pair.read();
    order += " read";
    alarm.cancel();
  });
  loop.watch(pair.ours(), who, true, false);
  loop.timers().arm(alarm, loop.exact_now() + milliseconds(5));
  loop.post([&] {
    pair.write("x");
    std::this_thread::sleep_for(milliseconds(20));  // a handler that works
  });
  loop.poll();
  loop.poll();
  EXPECT_EQ(order, " read");
}

TEST(Reactor, timers_wait_for_who_has_more_to_read_but_not_for_ever) {
  reactor loop;
  pipe_pair pair;
  int turns = 0, expired_in = 0;
  callback_timer alarm([&] { expired_in = turns; });
  callback_watcher greedy([&](bool, bool) {
    ++turns;
    loop.still_unread();
  });
  loop.watch(pair.ours(), greedy, true, false);
  pair.write("x");
  loop.timers().arm(alarm, loop.now());
  std::this_thread::sleep_for(milliseconds(3));
  for (int i = 0; i < 100 && expired_in == 0; ++i) loop.poll();
  EXPECT_GT(expired_in, 4);
  EXPECT_LT(expired_in, 20);
}

TEST(Reactor, what_becomes_dirty_while_others_are_flushed_belongs_to_the_next_turn) {
  reactor loop;
  callback_flush second;
  callback_flush first([&] { loop.mark_dirty(second); });
  loop.mark_dirty(first);
  loop.poll();
  EXPECT_EQ(second.times, 0);
  ASSERT_TRUE(loop.deadline());
  EXPECT_LE(*loop.deadline(), clock::now());
  loop.poll();
  EXPECT_EQ(first.times, 1);
  EXPECT_EQ(second.times, 1);
  EXPECT_FALSE(loop.deadline());
}

TEST(Reactor, who_is_forgotten_is_not_flushed) {
  reactor loop;
  callback_flush b, c;
  callback_flush a([&] { loop.forget(b); });
  loop.mark_dirty(a);
  loop.mark_dirty(b);
  loop.mark_dirty(c);
  loop.forget(c);
  loop.mark_dirty(c);
  loop.poll();
  EXPECT_EQ(a.times, 1);
  EXPECT_EQ(b.times, 0);
  EXPECT_EQ(c.times, 1);
}

TEST(Reactor, sleeps_until_the_next_timer_and_no_longer) {
  reactor loop;
  int expired = 0;
  callback_timer last([&] {
    ++expired;
    loop.stop();
  });
  callback_timer first([&] { ++expired; });
  const auto begin = clock::now();
  loop.timers().arm(first, begin + milliseconds(10));
  loop.timers().arm(last, begin + milliseconds(30));
  loop.run();
  EXPECT_EQ(expired, 2);
  EXPECT_GE(clock::now() - begin, milliseconds(30));
  EXPECT_LT(loop.turn(), 20u) << "it did not spin";
}

TEST(Reactor, says_when_polling_is_due) {
  reactor loop;
  EXPECT_FALSE(loop.deadline());
  callback_timer alarm([] {});
  const auto when = clock::now() + milliseconds(50);
  loop.timers().arm(alarm, when);
  ASSERT_TRUE(loop.deadline());
  EXPECT_LE(*loop.deadline(), when + milliseconds(1));
}

TEST(Reactor, polling_inside_of_a_callback_does_nothing) {
  reactor loop;
  int inner = 0;
  loop.post([&] {
    loop.post([&] { ++inner; });
    loop.poll();
    EXPECT_EQ(inner, 0);
    EXPECT_TRUE(loop.on_thread());
  });
  loop.poll();
  EXPECT_EQ(inner, 0);
  loop.poll();
  EXPECT_EQ(inner, 1);
}

// ---- everything goes, in the middle of a turn

struct doomed {
  std::unique_ptr<reactor> loop = std::make_unique<reactor>();
  pipe_pair pair;
  int others = 0;
  std::function<void()> kill = [this] { loop.reset(); };
  callback_flush other_flush{[this] { ++others; }};
  callback_timer other_timer{[this] { ++others; }};
};

TEST(Reactor, may_be_destroyed_by_who_is_told) {
  doomed all;
  callback_watcher killer([&](bool, bool) { all.kill(); });
  all.loop->watch(all.pair.ours(), killer, true, false);
  all.pair.write("x");
  all.loop->mark_dirty(all.other_flush);
  all.loop->timers().arm(all.other_timer, all.loop->now());
  all.loop->post([&] { ++all.others; });
  std::this_thread::sleep_for(milliseconds(2));
  all.loop->poll();
  EXPECT_EQ(all.others, 0);
  EXPECT_FALSE(all.other_timer.armed());
  EXPECT_FALSE(all.other_flush.dirty);
}

TEST(Reactor, may_be_destroyed_by_what_was_posted) {
  doomed all;
  all.loop->mark_dirty(all.other_flush);
  all.loop->timers().arm(all.other_timer, all.loop->now());
  std::this_thread::sleep_for(milliseconds(2));
  all.loop->post([&] { all.kill(); });
  all.loop->post([&] { ++all.others; });
  all.loop->poll();
  EXPECT_EQ(all.others, 0);
}

TEST(Reactor, may_be_destroyed_by_a_timer) {
  doomed all;
  callback_timer killer([&] { all.kill(); });
  all.loop->timers().arm(killer, all.loop->now());
  all.loop->timers().arm(all.other_timer, all.loop->now());
  all.loop->mark_dirty(all.other_flush);
  std::this_thread::sleep_for(milliseconds(2));
  all.loop->poll();
  EXPECT_EQ(all.others, 0);
}

TEST(Reactor, may_be_destroyed_by_a_flush) {
  doomed all;
  callback_flush killer([&] { all.kill(); });
  all.loop->mark_dirty(killer);
  all.loop->mark_dirty(all.other_flush);
  all.loop->poll();
  EXPECT_EQ(all.others, 0);
  EXPECT_FALSE(all.other_flush.dirty);
}

TEST(Reactor, may_be_destroyed_while_it_runs) {
  auto loop = std::make_unique<reactor>();
  reactor& it = *loop;
  it.post([&] { loop.reset(); });
  it.run();
  EXPECT_FALSE(loop);
}

}  // namespace
}  // namespace socketio::test
