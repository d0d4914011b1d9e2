// One shard's event loop: a thread's Asio io_context (the epoll reactor), its timer wheel, the
// shard's one receive buffer and the list of connections that have something to write at the end of
// the current turn.
//
// A turn: run every ready completion, expire timers, then flush every dirty connection with one
// gather write each (design.md, section 4).
#pragma once

#include "base/executor.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace socketio::net {

// Something that writes at the end of a turn; linked into the loop while it is dirty.
class flushable {
 public:
  virtual ~flushable() = default;
  virtual void flush() = 0;
  bool dirty = false;  // owned by loop
};

class loop final : public executor, public std::enable_shared_from_this<loop> {
 public:
  loop();
  ~loop() override;
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  void run();            // until stop(); the calling thread becomes the shard's thread
  void stop() noexcept;  // any thread

  bool post(std::function<void()> work) override;
  bool on_thread() const noexcept override;
  time_point now() const noexcept override;
  timer_wheel& timers() noexcept override;

  // Shard only. Calls `what->flush()` at the end of the turn, once however often it is marked.
  void mark_dirty(std::shared_ptr<flushable> what);
  // The receive buffer shared by all connections of the shard; its content is only valid within one
  // completion.
  std::span<char> receive_buffer() noexcept;

  struct impl;
  impl& internals() noexcept { return *impl_; }  // for net only: the io_context

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace socketio::net
