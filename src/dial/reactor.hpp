// The loop of a client: an executor on epoll, an eventfd and the timer wheel. No Asio, so that a
// client may live in a program with any version of it.
//
// A turn: note the time, ask the kernel who is ready, tell them, run what was posted, let timers
// expire up to the noted time, then do what was put off to the end of the turn. So nobody is given
// up whose answer had arrived: see docs/adr/0008 (the server's loop does the same, one turn later,
// because Asio stands between it and the kernel). Who could not read all there was says so, and
// timers wait for him, but not for ever.
//
// Driven by run() in a thread of its own, or by run_once() and poll() whenever a thread of the
// application pleases. Everything may be destroyed inside of a callback, the reactor too. Whoever
// is called back must not throw; only posted work may.
//
// Tested by tests/unit/dial/reactor_test.cpp.
#pragma once

#include "base/executor.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace socketio::dial {

// Who is told about a descriptor. Not owned.
class watcher {
 public:
  // What was asked for and is there; the end of the peer and errors count as both.
  virtual void on_ready(bool readable, bool writable) = 0;
  virtual ~watcher() = default;
};

// Something that writes at the end of a turn; linked into the reactor while it is dirty. Who dies
// before that calls forget().
class flushable {
 public:
  virtual void flush() = 0;
  // Owned by the reactor: whether it is in the list, and where.
  bool dirty = false;
  std::uint32_t dirty_place = 0;

 protected:
  ~flushable() = default;
};

class reactor final : public executor {
 public:
  // `posted_bytes_max`: how many bytes of events may wait, see post_event(). Throws
  // std::system_error when the kernel gives no descriptors.
  explicit reactor(std::size_t posted_bytes_max = 64 * 1024 * 1024);
  // Posted work that did not run is destroyed. Nobody is called back any more.
  ~reactor() override;
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  void run();  // until stop(): the calling thread becomes its thread
  // Any thread. What was posted by then still runs; afterwards the reactor does nothing any more.
  void stop() noexcept;
  // One turn with whatever is ready now; never waits. The calling thread is its thread meanwhile.
  // Inside of a callback it does nothing.
  void poll();
  void run_once();                  // the same, but waits until something is there
  void wake() noexcept;             // any thread: then it waits no more
  int descriptor() const noexcept;  // when it can be read, poll() has something to do
  // When poll() is due although descriptor() cannot be read. Asked by whoever calls poll().
  std::optional<time_point> deadline() const;

  // Told about what posted work throws; set before it runs. Without it that ends the program.
  std::function<void(std::exception_ptr)> on_exception;

  bool post(std::function<void()> work) override;
  post_outcome post_event(std::function<void()> work, std::size_t bytes) override;
  bool on_thread() const noexcept override;
  time_point now() const noexcept override;
  timer_wheel& timers() noexcept override;
  time_point exact_now() const noexcept override;

  // ---- the reactor's thread only, or nobody runs it

  // Throws std::system_error when the kernel refuses. Level triggered: who does not read what is
  // there is told again. Who wants neither is not told anything, not even of the end.
  void watch(int descriptor, watcher& who, bool read, bool write);
  void change(int descriptor, bool read, bool write);
  // Also from inside on_ready(), and behind the closing of the descriptor. `who` is not called
  // afterwards. One that nobody watches is no error.
  void unwatch(int descriptor) noexcept;
  std::size_t watched() const noexcept;

  // Calls what.flush() at the end of the turn, once however often it is marked; in the next turn
  // when that end has begun already.
  void mark_dirty(flushable& what);
  void forget(flushable& what) noexcept;
  // The same for what happens seldom.
  void at_end_of_turn(std::function<void()> work);

  // Said by who left something unread on purpose: timers hold still in this turn, or in the next
  // when they have expired in this one.
  void still_unread() noexcept;
  std::uint64_t turn() const noexcept;  // its number

  // 64 KiB for whoever reads; its content is only valid within one callback.
  std::span<char> receive_buffer() noexcept;

  // A place for what this floor keeps per reactor; it goes first when the reactor is destroyed.
  class attachment {
   public:
    virtual ~attachment() = default;
  };
  std::unique_ptr<attachment>& attached() noexcept;

 private:
  struct inside;
  std::shared_ptr<inside> inside_;  // shared with the turn that is going on
};

}  // namespace socketio::dial
