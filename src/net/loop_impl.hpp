// The inside of net::loop, for the files of this floor that hand operations to Asio.
//
// The rule that makes a turn a turn: every completion handler calls begin_turn() first. The first
// one of a turn reads the clock and posts end_of_turn(), which Asio runs behind everything that was
// ready by then: there is no unbounded delay of what is to be written.
//
// Connections have turns of their own, see on_ready(): while there are always some that are ready,
// a turn costs one system call, the epoll_wait that finds them. Through Asio it costs four.
//
// Timers live in the past: they expire up to the beginning of the turn before, because only what
// had arrived by then is known to be read. Asio asks the kernel between the beginning and the end
// of each of its turns, and what it says is handled by the end of the next one. So whoever answered
// in time is heard before he is given up, however long a handler of the application has kept the
// shard. Peers that never stop sending cannot stop the timers: see catch_up().
//
// In the connections' own turns nobody looks at the listener, so these expire nothing: when
// something is due, the next turn is one of Asio's. docs/adr/0008 has the proof.
#pragma once

#include "net/loop.hpp"
#include "net/poller.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace socketio::net {

namespace asio = boost::asio;

struct loop::impl {
  using executor_type = asio::io_context::executor_type;
  using asio_timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, executor_type>;

  impl(loop& of, std::size_t posted_bytes_max);
  ~impl();

  void begin_turn();
  void end_turn();
  void finish_turn();
  void on_ready();
  void flush_dirty();
  void flush_if_much();
  void forget(flushable& what) noexcept;
  void catch_up();
  void expire_timers();
  void arm_timer(time_point next);
  post_outcome post(std::function<void()> what, std::size_t bytes);
  std::vector<std::function<void()>> take_posted();
  void perform(std::vector<std::function<void()>> batch) noexcept;
  void run_posted();
  void refuse_posts_and_run_the_last();

  loop& owner;
  // The wheel outlives the io_context: the connections that die with pending operations cancel
  // their timers.
  time_point now;
  time_point read_until;  // what had arrived by then has been read
  time_point next_read_until;
  time_point behind_since;
  std::size_t turns_behind = 0;
  timer_wheel wheel;
  // So do these lists: whoever dies with the poller or an operation says forget(). What they keep
  // alive themselves goes before the io_context, see ~impl().
  struct dirty_one {
    flushable* who;  // nullptr: it has died
    const void* reads;
    std::shared_ptr<flushable> kept;
  };
  std::vector<dirty_one> dirty;
  std::vector<dirty_one> flushing;
  bool gone = false;  // nobody becomes dirty any more

  asio::io_context context;
  asio::executor_work_guard<executor_type> work;
  poller ready;
  asio_timer alarm;
  std::optional<time_point> alarm_at;  // while the alarm is waiting

  bool in_turn = false;
  std::uint64_t encoded_when_flushed = 0;
  std::unique_ptr<char[]> buffer;

  std::atomic<bool> stopping{false};
  std::atomic<bool> posted_waits{false};
  std::atomic<std::thread::id> thread{};  // none: not running

  std::size_t posted_bytes_max;
  std::size_t performed_bytes = 0;  // of the batch that is performed
  std::mutex posted_mutex;          // guards what follows
  std::vector<std::function<void()>> posted;
  posted_counters waiting;  // what is performed counts until it is done
  bool ending = false;      // only the shard itself may still post
  bool finished = false;    // nobody
};

inline asio::io_context& context_of(loop& shard) noexcept { return shard.internals().context; }

}  // namespace socketio::net
