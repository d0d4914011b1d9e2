// Timers of a loop that was kept from its work: whoever has answered in time is heard first, and
// peers that never stop sending do not stop the timers. Over socket pairs; the peers answer while
// the shard is busy.
#include "net/stream.hpp"
#include "unit/net/server_fixture.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace socketio::test {
namespace {

// A connection whose peer has to say something before a deadline.
class guarded_connection final : public net::poll_target,
                                 public timer,
                                 public std::enable_shared_from_this<guarded_connection> {
 public:
  static std::shared_ptr<guarded_connection> make(net::loop& shard) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
      throw std::system_error(errno, std::generic_category());
    auto made = std::make_shared<guarded_connection>(shard, pair[0], pair[1]);
    made->peer_.wait_readable(*made);
    return made;
  }
  guarded_connection(net::loop& shard, int ours, int theirs)
      : peer_(shard, ours), theirs_(theirs) {}
  ~guarded_connection() override { ::close(theirs_); }

  void says(std::string_view text) { EXPECT_GT(::send(theirs_, text.data(), text.size(), 0), 0); }
  void close() {
    cancel();
    peer_.close();
  }

  bool given_up = false;
  bool answers_itself = false;        // and so on for ever
  std::size_t room = 64;              // bytes of one read
  std::chrono::microseconds work{0};  // for each
  std::function<void()> once;

 private:
  void on_readable() override {
    std::this_thread::sleep_for(work);
    if (once) std::exchange(once, nullptr)();
    std::string into(room, ' ');
    const auto got = peer_.read_some(into);
    if (got.bytes > 0) {
      if (answers_itself) {
        says("a");
      } else if (into[got.bytes - 1] == '!') {
        cancel();
      }
    }
    peer_.wait_readable(*this);
  }
  void on_writable() override {}
  void on_expired(time_point) override { given_up = true; }

  net::stream peer_;
  int theirs_;
};

using connections = std::vector<std::shared_ptr<guarded_connection>>;

class LoopCatchUp : public testing::Test {
 protected:
  void TearDown() override {
    thread.on_shard([&] {
      for (const auto& one : all) one->close();
    });
    thread.stop();
  }
  void connect(int count) {
    thread.on_shard([&] {
      for (int i = 0; i < count; i++) all.push_back(guarded_connection::make(shard));
    });
  }
  // On the shard: everybody has to answer within a millisecond and does, but the shard is busy for
  // longer. Who is dirty while others are flushed makes the next turn begin before anybody is read.
  void answer_while_busy() {
    for (const auto& one : all) {
      shard.timers().arm(*one, clock::now() + milliseconds(1));
      one->says("!");
    }
    const auto end = clock::now() + milliseconds(20);
    while (clock::now() < end) {
    }
    writer->again = true;
    shard.mark_dirty(writer);
  }
  // On the shard: from now on each answers itself.
  void flood(std::size_t room) {
    for (const auto& one : all) {
      one->answers_itself = true;
      one->room = room;
      one->says("a");
    }
  }
  bool a_timer_expires() {
    mailbox<bool> expired;
    callback alarm;
    alarm.what = [&] { expired.put(true); };
    thread.on_shard([&] { shard.timers().arm(alarm, shard.now() + milliseconds(1)); });
    const bool did = expired.take().has_value();
    thread.on_shard([&] { alarm.cancel(); });
    return did;
  }
  std::size_t given_up() {
    return thread.on_shard([&] {
      return static_cast<std::size_t>(
          std::ranges::count_if(all, [](const auto& one) { return one->given_up; }));
    });
  }
  bool all_settled() {
    return eventually([&] {
      return thread.on_shard(
          [&] { return std::ranges::none_of(all, [](const auto& one) { return one->armed(); }); });
    });
  }

  // Dirty again when it is flushed.
  struct restless final : net::flushable, std::enable_shared_from_this<restless> {
    explicit restless(net::loop& of) : shard(of) {}
    void flush() override {
      if (std::exchange(again, false)) shard.mark_dirty(shared_from_this());
    }
    net::loop& shard;
    bool again = false;
  };
  struct callback final : timer {
    void on_expired(time_point) override { what(); }
    std::function<void()> what;
  };

  shard_thread thread;
  net::loop& shard = thread.shard();
  std::shared_ptr<restless> writer = std::make_shared<restless>(shard);
  connections all;
};

TEST_F(LoopCatchUp, more_answers_than_a_batch_are_read_before_timers_expire) {
  connect(1'000);
  thread.on_shard([&] { answer_while_busy(); });
  EXPECT_TRUE(all_settled());
  EXPECT_EQ(given_up(), 0u);
}

TEST_F(LoopCatchUp, nor_do_they_expire_when_reading_all_of_them_takes_long) {
  connect(1'100);
  thread.on_shard([&] {
    for (const auto& one : all) one->work = std::chrono::microseconds(2'400);
    answer_while_busy();
  });
  EXPECT_TRUE(all_settled());
  EXPECT_EQ(given_up(), 0u);
}

TEST_F(LoopCatchUp, answers_that_came_while_a_timer_ran_are_read_before_others_expire) {
  connect(10);
  for (int round = 0; round < 20; round++) {
    callback busy;
    mailbox<bool> done;
    busy.what = [&] {
      answer_while_busy();
      done.put(true);
    };
    thread.on_shard([&] { shard.timers().arm(busy, shard.now()); });
    EXPECT_TRUE(done.take());
    EXPECT_TRUE(all_settled());
  }
  EXPECT_EQ(given_up(), 0u);
}

TEST_F(LoopCatchUp, an_answer_behind_many_other_bytes_is_read_before_its_timer_expires) {
  connect(1);
  thread.on_shard([&] {
    all[0]->says(std::string(300, 'x'));
    answer_while_busy();
  });
  EXPECT_TRUE(all_settled());
  EXPECT_EQ(given_up(), 0u);
}

// Connections that are always ready have turns without Asio, which alone knows who wants to come
// in.
TEST_F(LoopCatchUp, an_answer_on_a_connection_that_is_not_accepted_yet_is_heard_in_time) {
  using boost::asio::ip::tcp;
  connect(10);
  std::unique_ptr<tcp::acceptor> acceptor;
  std::unique_ptr<tcp::socket> caller, accepted;
  callback patience;
  mailbox<bool> heard;
  thread.on_shard([&] {
    auto& context = net::context_of(shard);
    acceptor = std::make_unique<tcp::acceptor>(
        context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    acceptor->async_wait(tcp::acceptor::wait_read, [&](const boost::system::error_code&) {
      shard.internals().begin_turn();
      accepted = std::make_unique<tcp::socket>(acceptor->accept());
      if (!patience.armed()) return;
      patience.cancel();
      heard.put(true);
    });
    patience.what = [&] { heard.put(false); };
  });
  thread.on_shard([&] {
    for (const auto& one : all) one->work = milliseconds(5);
    all[0]->once = [&] {
      caller = std::make_unique<tcp::socket>(net::context_of(shard));
      caller->connect(acceptor->local_endpoint());
      shard.timers().arm(patience, clock::now() + milliseconds(60));
    };
    flood(/*room=*/64);
  });
  EXPECT_EQ(heard.take(), true);
  thread.on_shard([&] {
    for (const auto& one : all) one->answers_itself = false;
    acceptor.reset(), caller.reset(), accepted.reset();
  });
}

TEST_F(LoopCatchUp, whoever_is_silent_is_given_up) {
  connect(600);
  thread.on_shard([&] {
    const auto silent = all.back();
    all.pop_back();
    answer_while_busy();
    all.push_back(silent);
    shard.timers().arm(*silent, clock::now() + milliseconds(1));
  });
  EXPECT_TRUE(all_settled());
  EXPECT_EQ(given_up(), 1u);
  EXPECT_TRUE(all.back()->given_up);
}

// Each turn brings a new descriptor, which may hold what was said before it came.
TEST_F(LoopCatchUp, connects_without_end_do_not_stop_the_timers) {
  struct restless_listener final : net::flushable {
    void flush() override {
      if (stopped) return;
      turns++;
      std::this_thread::sleep_for(milliseconds(1));  // no timer is finer
      if (last) last->close();
      last = guarded_connection::make(shard);
      shard.mark_dirty(*this, nullptr);
    }
    explicit restless_listener(net::loop& of) : shard(of) {}
    net::loop& shard;
    std::shared_ptr<guarded_connection> last;
    int turns = 0;
    bool stopped = false;
  } listener(shard);
  int turns = 0;
  mailbox<bool> expired;
  callback alarm;
  alarm.what = [&] {
    turns = listener.turns - turns;
    expired.put(true);
  };
  thread.on_shard([&] {
    shard.mark_dirty(listener, nullptr);
    shard.timers().arm(alarm, shard.now());
  });
  EXPECT_TRUE(expired.take());
  thread.on_shard([&] {
    EXPECT_LE(turns, 9);
    listener.stopped = true;
    listener.last->close();
    shard.forget(listener);
  });
}

TEST_F(LoopCatchUp, full_batches_without_end_do_not_stop_the_timers) {
  connect(600);
  thread.on_shard([&] { flood(/*room=*/64); });
  EXPECT_TRUE(a_timer_expires());
  EXPECT_TRUE(a_timer_expires());
}

TEST_F(LoopCatchUp, a_socket_that_is_never_empty_does_not_stop_the_timers) {
  connect(1);
  thread.on_shard([&] { flood(/*room=*/1); });
  EXPECT_TRUE(a_timer_expires());
  EXPECT_TRUE(a_timer_expires());
}

}  // namespace
}  // namespace socketio::test
