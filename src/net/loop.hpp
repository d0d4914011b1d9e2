// One shard's event loop: a thread's Asio io_context (the epoll reactor), its timer wheel, the
// shard's one receive buffer and the list of connections that have something to write at the end of
// the current turn.
//
// A turn: run every ready completion, expire timers, then flush every dirty connection with one
// gather write each. Two exceptions, both in loop_impl.hpp: turns of the connections' own expire no
// timers, and when much was encoded, what is dirty is flushed between two connections, never inside
// a call of one (docs/adr/0008, 0009).
#pragma once

#include "base/executor.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>

namespace socketio::net {

// How many messages one connection may hand to the application in one turn, before others get their
// chance: they last as long as their handlers. What is behind them is for the next turn.
constexpr int messages_per_turn_max = 256;

// Something that writes at the end of a turn, or between two connections of it; linked into the
// loop while it is dirty.
class flushable {
 public:
  virtual ~flushable() = default;
  virtual void flush() = 0;
  // Owned by loop: whether it is in the list, and where.
  bool dirty = false;
  std::uint32_t dirty_place = 0;
};

// What other threads have posted together with the bytes of an event.
struct posted_counters {
  std::size_t bytes = 0;            // now
  std::uint64_t refused_total = 0;  // beyond the limit
};

// Whose it is: nobody's before run() and after it, so that everybody posts and nothing depends on
// which thread begins to run it when. What is not safe to call from anywhere ("shard only") may be
// called before run() by whoever makes sure that nobody runs it meanwhile.
class loop final : public executor, public std::enable_shared_from_this<loop> {
 public:
  // `posted_bytes_max`: how many bytes of events may wait, see post_event().
  explicit loop(std::size_t posted_bytes_max = 64 * 1024 * 1024);
  ~loop() override;
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  void run();            // until stop(); the calling thread becomes the shard's thread
  void stop() noexcept;  // any thread

  // Told about what posted work throws; set before run(). Without it that ends the program.
  std::function<void(std::exception_ptr)> on_exception;

  bool post(std::function<void()> work) override;
  post_outcome post_event(std::function<void()> work, std::size_t bytes) override;
  posted_counters posted() const;  // any thread
  bool on_thread() const noexcept override;
  time_point now() const noexcept override;
  timer_wheel& timers() noexcept override;
  time_point exact_now() const noexcept override;

  // Shard only. Calls `what->flush()` at the end of the turn at the latest, once however often it
  // is marked.
  void mark_dirty(std::shared_ptr<flushable> what);
  // The same for one that is kept alive by somebody else until then, or calls forget() when it dies
  // first. During its flush() nobody but its keeper holds it.
  // `reads` is what its flush() looks at beside itself, to be fetched into the cache in time.
  void mark_dirty(flushable& what, const void* reads) {
    if (!what.dirty) enlist(what, reads, nullptr);
  }
  // Also while the loop is being destroyed.
  void forget(flushable& what) noexcept;
  // The receive buffer shared by all connections of the shard; its content is only valid within one
  // completion.
  std::span<char> receive_buffer() noexcept;

  struct impl;
  impl& internals() noexcept { return *impl_; }  // for net only: the io_context

 private:
  void enlist(flushable& what, const void* reads, std::shared_ptr<flushable> kept);

  std::unique_ptr<impl> impl_;
};

}  // namespace socketio::net
