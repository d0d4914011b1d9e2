// The event loop: posting from anywhere, the parts of a turn, timers, stopping. And the source of
// randomness, which is too small for a file of its own.
#include "net/loop.hpp"

#include "net/random.hpp"
#include "net/signals.hpp"
#include "unit/net/server_fixture.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <set>
#include <string>
#include <vector>

namespace socketio::test {
namespace {

using std::chrono::seconds;

class counting_flush : public net::flushable {
 public:
  explicit counting_flush(std::function<void()> what = [] {}) : what_(std::move(what)) {}
  void flush() override {
    ++times;
    what_();
  }
  int times = 0;

 private:
  std::function<void()> what_;
};

// Runs `work` on the shard, and waits until whatever it marked has been flushed: two works posted
// one after the other may belong to the same turn.
template <class Work>
void in_one_turn(shard_thread& thread, Work work) {
  mailbox<int> over;
  const auto last = std::make_shared<counting_flush>([&] { over.put(0); });
  thread.on_shard([&] {
    work();
    thread.shard().mark_dirty(last);
  });
  ASSERT_TRUE(over.take());
}

class callback_timer : public timer {
 public:
  explicit callback_timer(std::function<void(time_point)> what) : what_(std::move(what)) {}

 private:
  void on_expired(time_point due) override { what_(due); }
  std::function<void(time_point)> what_;
};

// ---- posting

TEST(Loop, posted_work_runs_on_the_shard_in_order) {
  shard_thread thread;
  std::vector<int> seen;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(thread.shard().post([&seen, i] { seen.push_back(i); }));
  }
  const auto [on_thread, count] =
      thread.on_shard([&] { return std::pair(thread.shard().on_thread(), seen.size()); });
  EXPECT_TRUE(on_thread);
  EXPECT_FALSE(thread.shard().on_thread());
  EXPECT_EQ(count, 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(Loop, posts_of_many_threads_all_run_and_keep_the_order_of_each) {
  constexpr int threads = 4;
  constexpr int posts = 5'000;
  shard_thread thread;
  std::array<int, threads> next{};  // of the shard
  int disorder = 0;
  std::vector<std::thread> posters;
  for (std::size_t who = 0; who < threads; ++who) {
    posters.emplace_back([&, who] {
      for (int i = 0; i < posts; ++i) {
        thread.shard().post([&, who, i] { disorder += next[who]++ != i; });
      }
    });
  }
  for (auto& poster : posters) poster.join();
  thread.on_shard([&] {
    EXPECT_EQ(disorder, 0);
    for (const int count : next) EXPECT_EQ(count, posts);
  });
}

TEST(Loop, what_was_posted_before_it_runs_is_run) {
  const auto loop = std::make_shared<net::loop>();
  int ran = 0;
  loop->post([&] { ++ran; });
  loop->post([&] { loop->stop(); });
  EXPECT_FALSE(loop->on_thread()) << "somebody else may begin to run it any moment";
  EXPECT_EQ(ran, 0);
  loop->run();
  EXPECT_EQ(ran, 1);
}

TEST(Loop, after_the_end_posts_are_refused_and_destroyed) {
  const auto loop = std::make_shared<net::loop>();
  loop->stop();
  loop->run();
  auto resource = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = resource;
  EXPECT_FALSE(loop->post([kept = std::move(resource)] { FAIL() << *kept; }));
  EXPECT_TRUE(watch.expired());
  EXPECT_FALSE(loop->on_thread());
}

TEST(Loop, every_post_that_was_accepted_runs_although_the_loop_stops_meanwhile) {
  for (int round = 0; round < 50; ++round) {
    auto thread = std::make_unique<shard_thread>();
    std::atomic<int> ran{0};
    std::atomic<bool> posting{false};
    int accepted = 0;
    std::thread poster([&] {
      while (thread->shard().post([&ran] { ++ran; })) {
        ++accepted;
        posting = true;
      }
    });
    EXPECT_TRUE(eventually([&posting] { return posting.load(); }));
    thread->stop();
    poster.join();
    EXPECT_EQ(ran, accepted);
  }
}

TEST(Loop, work_that_throws_is_told_and_the_rest_of_the_batch_runs) {
  const auto loop = std::make_shared<net::loop>();
  int ran = 0;
  std::vector<int> told;
  loop->on_exception = [&](std::exception_ptr what) {
    try {
      std::rethrow_exception(what);
    } catch (int number) {
      told.push_back(number);
    }
  };
  loop->post([] { throw 1; });
  loop->post([&] { ++ran; });
  loop->post([&] {
    loop->stop();
    loop->post([&] {  // runs behind the last turn
      loop->post([] { throw 2; });
      loop->post([&] { ++ran; });
    });
  });
  loop->run();
  EXPECT_EQ(ran, 2);
  EXPECT_EQ(told, (std::vector<int>{1, 2}));
}

TEST(Loop, events_beyond_the_limit_are_refused_until_those_before_are_done) {
  const auto loop = std::make_shared<net::loop>(/*posted_bytes_max=*/100);
  int ran = 0;
  const auto count = [&] { ++ran; };
  EXPECT_EQ(loop->post_event(count, 101), post_outcome::refused);
  EXPECT_EQ(loop->post_event(count, 60), post_outcome::queued);
  EXPECT_EQ(loop->post_event(count, 41), post_outcome::refused);
  EXPECT_EQ(loop->post_event(count, 40), post_outcome::queued);
  EXPECT_TRUE(loop->post(count)) << "what is not an event is exempt";
  EXPECT_EQ(loop->posted().bytes, 100u);
  EXPECT_EQ(loop->posted().refused_total, 2u);
  loop->post([&] {
    EXPECT_EQ(loop->post_event(count, 1), post_outcome::refused)
        << "what is being done still holds its bytes";
    loop->post([&] {
      EXPECT_EQ(loop->post_event(count, 100), post_outcome::queued);
      loop->stop();
    });
  });
  loop->run();
  EXPECT_EQ(ran, 4);
  EXPECT_EQ(loop->posted().bytes, 0u);
}

TEST(Loop, ends_although_work_goes_on_posting_itself) {
  const auto loop = std::make_shared<net::loop>();
  std::function<void()> again = [&] { loop->post(again); };
  loop->post(again);
  loop->stop();
  loop->run();
  EXPECT_FALSE(loop->post(again));
}

TEST(Loop, ends_although_others_go_on_posting) {
  const auto loop = std::make_shared<net::loop>();
  std::promise<bool> refused;
  loop->post([&] {
    loop->stop();
    loop->post([&] {  // the last work, while the loop ends
      loop->post([&] {
        std::thread other([&] { refused.set_value(!loop->post([] {})); });
        other.join();
      });
    });
  });
  loop->run();
  EXPECT_TRUE(refused.get_future().get());
}

TEST(Loop, two_loops_on_two_threads_talk_to_each_other) {
  shard_thread left;
  shard_thread right;
  mailbox<int> done;
  std::function<void(int)> bounce = [&](int left_to_go) {
    if (left_to_go == 0) return done.put(0);
    auto& other = left.shard().on_thread() ? right.shard() : left.shard();
    other.post([&, left_to_go] { bounce(left_to_go - 1); });
  };
  left.shard().post([&] { bounce(10'000); });
  EXPECT_TRUE(done.take());
}

TEST(Loop, what_the_last_work_wants_to_send_is_flushed) {
  const auto loop = std::make_shared<net::loop>();
  const auto farewell = std::make_shared<counting_flush>();
  loop->post([&] {
    loop->stop();
    loop->post([&] { loop->mark_dirty(farewell); });
  });
  loop->run();
  EXPECT_EQ(farewell->times, 1);
}

TEST(Loop, what_never_ran_is_destroyed_with_the_loop) {
  auto resource = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = resource;
  {
    net::loop loop;
    loop.post([resource] {});
    loop.mark_dirty(std::make_shared<counting_flush>([resource] {}));
    resource.reset();
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

// ---- turns

TEST(Loop, whoever_is_dirty_is_flushed_once_per_turn) {
  shard_thread thread;
  const auto one = std::make_shared<counting_flush>();
  const auto other = std::make_shared<counting_flush>();
  in_one_turn(thread, [&] {
    for (int i = 0; i < 10; ++i) thread.shard().mark_dirty(one);
    thread.shard().mark_dirty(other);
    EXPECT_EQ(one->times, 0);
  });
  thread.on_shard([&] {
    EXPECT_EQ(one->times, 1);
    EXPECT_EQ(other->times, 1);
    EXPECT_FALSE(one->dirty);
  });
}

TEST(Loop, what_is_marked_while_flushing_is_flushed_in_the_next_turn_and_starves_nobody) {
  shard_thread thread;
  net::loop& loop = thread.shard();
  std::shared_ptr<counting_flush> restless;
  restless = std::make_shared<counting_flush>([&] { loop.mark_dirty(restless); });
  thread.on_shard([&] { loop.mark_dirty(restless); });
  const int before = thread.on_shard([&] { return restless->times; });
  EXPECT_TRUE(
      eventually([&] { return thread.on_shard([&] { return restless->times; }) > before; }));
  mailbox<int> expired;
  callback_timer timer([&](time_point) { expired.put(0); });
  thread.on_shard([&] { loop.timers().arm(timer, loop.now() + milliseconds(5)); });
  EXPECT_TRUE(expired.take());
  thread.stop();
  restless.reset();
}

TEST(Loop, who_dies_while_it_is_dirty_is_not_flushed_and_the_others_are) {
  shard_thread thread;
  net::loop& loop = thread.shard();
  const auto doomed = std::make_unique<counting_flush>();
  counting_flush first, last;
  in_one_turn(thread, [&] {
    loop.mark_dirty(first, nullptr);
    loop.mark_dirty(*doomed, nullptr);
    loop.mark_dirty(last, nullptr);
    loop.forget(*doomed);
    loop.forget(*doomed);
  });
  thread.on_shard([&] {
    EXPECT_EQ(first.times + doomed->times + last.times, 2);
    EXPECT_FALSE(doomed->dirty);
  });
}

TEST(Loop, whoever_is_flushed_may_end_one_that_is_still_to_be_flushed_or_was_marked_again) {
  shard_thread thread;
  net::loop& loop = thread.shard();
  counting_flush later, again;
  counting_flush first([&] {
    loop.mark_dirty(again, nullptr);  // stands at the first place of the next turn
    loop.mark_dirty(first, nullptr);
    for (counting_flush* ended : {&later, &again, &first}) loop.forget(*ended);
  });
  in_one_turn(thread, [&] {
    loop.mark_dirty(first, nullptr);
    loop.mark_dirty(later, nullptr);
  });
  in_one_turn(thread, [&] { EXPECT_EQ(later.times + again.times, 0); });
  thread.on_shard([&] { EXPECT_EQ(first.times, 1); });
}

TEST(Loop, now_stands_still_within_a_turn) {
  shard_thread thread;
  thread.on_shard([&] {
    const time_point begin = thread.shard().now();
    EXPECT_LE(begin, clock::now());
    while (clock::now() < begin + milliseconds(2)) {
    }
    EXPECT_EQ(thread.shard().now(), begin);
  });
  thread.on_shard([&] { EXPECT_LE(clock::now() - thread.shard().now(), seconds(1)); });
}

TEST(Loop, what_a_timer_sends_is_flushed_in_the_same_turn) {
  shard_thread thread;
  net::loop& loop = thread.shard();
  mailbox<time_point> flushed;
  mailbox<time_point> expired;
  const auto writer = std::make_shared<counting_flush>([&] { flushed.put(loop.now()); });
  callback_timer timer([&](time_point) {
    expired.put(loop.now());
    loop.mark_dirty(writer);
  });
  thread.on_shard([&] { loop.timers().arm(timer, loop.now() + milliseconds(3)); });
  const auto at = expired.take();
  ASSERT_TRUE(at);
  EXPECT_EQ(flushed.take(), at);
}

// ---- timers

TEST(Loop, timers_expire_in_order_and_never_early) {
  shard_thread thread;
  net::loop& loop = thread.shard();
  mailbox<int> order;
  std::vector<std::unique_ptr<callback_timer>> timers;
  const time_point begin = clock::now();
  thread.on_shard([&] {
    for (const int ms : {30, 10, 20}) {
      timers.push_back(std::make_unique<callback_timer>([&, ms](time_point) {
        EXPECT_GE(clock::now() - begin, milliseconds(ms));
        order.put(ms);
      }));
      loop.timers().arm(*timers.back(), loop.now() + milliseconds(ms));
    }
  });
  for (const int ms : {10, 20, 30}) EXPECT_EQ(order.take(), ms);
}

TEST(Loop, an_earlier_timer_wakes_a_loop_that_waits_for_a_later_one) {
  shard_thread thread;
  net::loop& loop = thread.shard();
  mailbox<int> expired;
  callback_timer late([&](time_point) { expired.put(2); });
  callback_timer early([&](time_point) { expired.put(1); });
  thread.on_shard([&] { loop.timers().arm(late, loop.now() + seconds(100)); });
  thread.on_shard([&] { loop.timers().arm(early, loop.now() + milliseconds(1)); });
  EXPECT_EQ(expired.take(), 1);
  thread.on_shard([&] { late.cancel(); });
}

TEST(Loop, a_timer_may_be_armed_before_the_loop_runs_and_again_when_it_expires) {
  const auto loop = std::make_shared<net::loop>();
  int times = 0;
  std::unique_ptr<callback_timer> timer;
  timer = std::make_unique<callback_timer>([&](time_point now) {
    if (++times == 3) return loop->stop();
    loop->timers().arm(*timer, now + milliseconds(1));
  });
  loop->timers().arm(*timer, loop->now() + milliseconds(1));
  loop->run();
  EXPECT_EQ(times, 3);
}

// ---- signals

TEST(SignalWatch, tells_every_signal_on_the_shard_until_it_ends) {
  shard_thread thread;
  mailbox<int> told;
  std::unique_ptr<net::signal_watch> watch;
  thread.on_shard([&] {
    watch = std::make_unique<net::signal_watch>(
        thread.shard(), std::initializer_list<int>{SIGUSR1, SIGUSR2}, [&](int number) {
          EXPECT_TRUE(thread.shard().on_thread());
          told.put(number);
        });
  });
  for (const int number : {SIGUSR1, SIGUSR2, SIGUSR1}) {
    ::raise(number);
    EXPECT_EQ(told.take(), number);
  }
  thread.on_shard([&] { watch.reset(); });
}

// ---- randomness

TEST(SystemRandom, never_gives_the_same_twice) {
  net::system_random random;
  std::set<std::string> seen;
  for (const std::size_t size : {12u, 12u, 100u, 128u, 129u, 256u, 5'000u}) {
    for (int i = 0; i < 50; ++i) {
      std::vector<std::byte> bytes(size);
      random.fill(bytes);
      std::string text;
      for (const std::byte byte : bytes) text += static_cast<char>(byte);
      EXPECT_TRUE(seen.insert(text.substr(0, 12)).second);
      EXPECT_NE(text.substr(size - 12), std::string(12, '\0'));
    }
  }
  random.fill({});
}

}  // namespace
}  // namespace socketio::test
