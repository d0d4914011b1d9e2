// Which connections of a shard can be read or written: an epoll set of our own, which Asio watches
// as one descriptor.
//
// Why not let Asio watch each socket: its async_wait() re-arms the descriptor with one epoll_ctl
// per wait, which is one system call more per message and connection, and a third of what an echo
// costs besides recv and send (docs/adr/0006). Here a descriptor is registered once, edge
// triggered, for its whole life.
//
// An edge is told once. So a slot remembers what was reported while nobody waited, whether the last
// read has emptied the socket, and whether the peer has finished: whoever then waits is called in
// the next turn, without the kernel being asked.
//
// A slot keeps its connection alive from the first wait until release(), as a pending operation of
// Asio would; the connection is let go at the end of the batch, never inside one of its own calls.
// Events name slot and generation, so that one for a descriptor that is gone finds nobody.
//
// Shard only. Tested by tests/unit/net/poller_test.cpp.
#pragma once

#include "net/poll_target.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <sys/epoll.h>
#include <utility>
#include <vector>

namespace socketio::net {

class poller {
 public:
  using slot_index = std::uint32_t;
  static constexpr slot_index none = ~slot_index{0};

  struct calls {
    std::function<void()> on_ready;    // something is: the answer is ask() and tell_batch()
    std::function<void()> begin_turn;  // before anything else that happens on its own
    std::function<void()> between;     // after each connection that was told
  };
  poller(boost::asio::io_context& context, calls to);
  ~poller();
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  // `none` when the kernel refuses; the descriptor stays the caller's in any case.
  slot_index add(int descriptor) noexcept;
  // Before the descriptor is closed. What the slot held is let go later.
  void remove(slot_index which, int descriptor) noexcept;

  // Who is told, and what keeps it alive: before the first wait, until disown() or remove().
  bool owned(slot_index which) noexcept { return at(which).owner != nullptr; }
  void own(slot_index which, poll_target& who, std::shared_ptr<void> owner) noexcept;
  // Ends the waits without a call, because the descriptor gets another owner.
  void disown(slot_index which) noexcept;

  // One call of on_readable() or on_writable() follows.
  void wait_readable(slot_index which);
  void wait_writable(slot_index which, int descriptor) noexcept;
  // Asks the kernel who is ready, and returns how many are. tell_batch() tells them, once.
  std::size_t ask() noexcept;
  void tell_batch();
  // Something else waits for its turn in the io_context.
  bool others_wait() const noexcept { return !again_.empty() || !leaving_.empty(); }
  // Bytes that have arrived may be unread: the kernel had more to report than fits a batch, or
  // somebody has not emptied his socket. Both are states, so they stand until they were dealt with.
  bool has_unread() const noexcept { return full_batch_ || !again_.empty(); }
  // The kernel was not asked since a descriptor came.
  bool has_new() const noexcept { return new_; }
  // After so many batches everybody was told who was ready before the first of them: the kernel
  // reports in the order of arrival.
  std::size_t batches_for_all() const noexcept;
  // And after so many, everybody has been read who does not send for ever.
  std::size_t batches_max() const noexcept;

  // What the last read found: less than there was room for, so that the next byte is a new edge.
  void has_read(slot_index which, bool emptied) noexcept { at(which).emptied = emptied; }

 private:
  struct slot {
    poll_target* target = nullptr;
    std::shared_ptr<void> owner;
    std::uint16_t generation = 0;
    bool waits_to_read = false;
    bool waits_to_write = false;
    bool readable = false;  // an edge that nobody waited for
    bool emptied = true;
    bool finished = false;         // the peer has, or there is an error: reading tells which
    bool watches_writing = false;  // since it was first blocked
  };
  static_assert(sizeof(slot) == 32);
  struct due {
    slot_index which;
    std::uint16_t generation;
  };
  static constexpr std::size_t chunk = 256;
  // How many connections are told per turn before timers and flushes get their chance.
  static constexpr int events_max = 256;

  slot& at(slot_index which) noexcept { return chunks_[which / chunk][which % chunk]; }
  void watch();
  void run_again();
  void tell(due whom, std::uint32_t events);
  void let_go(slot& which) noexcept;

  boost::asio::io_context& context_;
  std::function<void()> on_ready_, begin_turn_, between_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> epoll_;
  std::vector<std::unique_ptr<slot[]>> chunks_;
  std::vector<slot_index> free_;
  std::vector<due> again_;                      // to be told without a new edge
  std::vector<std::shared_ptr<void>> leaving_;  // let go between two calls
  std::array<epoll_event, events_max> batch_;
  std::size_t batch_count_ = 0;
  bool full_batch_ = false;
  bool new_ = false;
};

}  // namespace socketio::net
