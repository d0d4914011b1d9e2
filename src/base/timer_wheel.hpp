// A hierarchical timing wheel: arming, moving and cancelling a timer are O(1) and allocate nothing,
// expiry costs O(expired). One per shard serves every heartbeat, ack deadline, upgrade and connect
// timeout (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987).
//
// Four levels of 256 slots at a resolution of one millisecond reach 49 days; what lies further
// waits in one more list that is looked at when the highest level turns. Timers are intrusive
// nodes: whoever owns the node owns the timer, and destroying the node cancels it. Callbacks may
// arm, cancel and destroy any timer, also their own; they must not throw, and must not call
// advance().
//
// A timer lives on the level of the highest byte in which its tick differs from the wheel's. So all
// timers of a level come before all of the level above it, and the next thing to do is the first
// occupied slot of the lowest level. Tested by tests/unit/base/timer_wheel_test.cpp, also against a
// model.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace socketio {

class timer_wheel;

// A timer that is armed at most once at a time. Not copyable, not movable: the wheel points to it.
class timer {
 public:
  timer() = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  virtual ~timer() { cancel(); }

  void cancel() noexcept;
  bool armed() const noexcept { return wheel_ != nullptr; }
  time_point deadline() const noexcept { return deadline_; }  // only valid while armed

 protected:
  // The timer is disarmed when this runs. `due` is the time given to advance(), which may be
  // earlier than what the executor calls now: it lets nothing expire before all that came by then
  // is read.
  virtual void on_expired(time_point due) = 0;

 private:
  friend class timer_wheel;
  timer* previous_ = nullptr;
  timer* next_ = nullptr;
  timer_wheel* wheel_ = nullptr;
  time_point deadline_{};
  std::uint16_t slot_ = 0;
};

class timer_wheel {
 public:
  explicit timer_wheel(time_point now) noexcept : origin_(now) {}
  timer_wheel(const timer_wheel&) = delete;
  timer_wheel& operator=(const timer_wheel&) = delete;
  ~timer_wheel() { clear(); }
  void clear() noexcept;  // disarms what is left; also from a callback

  // Arms or re-arms. Never expires early; late by less than a millisecond plus the lateness of
  // advance(). A deadline that has passed expires in the next advance(); when armed by a callback,
  // not in the same turn over and over.
  void arm(timer& entry, time_point deadline) noexcept;

  // Expires everything due at `now`, in the order of deadlines within a millisecond's resolution,
  // and in the order of arming within one millisecond.
  void advance(time_point now);

  // When advance() should be called next; may be earlier than the first deadline (a cascade), never
  // later.
  std::optional<time_point> next_expiry() const noexcept;
  std::size_t size() const noexcept { return size_; }

 private:
  friend class timer;
  static constexpr unsigned slot_bits = 8;
  static constexpr unsigned slots = 1u << slot_bits;
  static constexpr unsigned levels = 4;
  static constexpr unsigned far_slot = levels * slots;  // beyond the highest level
  static constexpr unsigned due_slot = far_slot + 1;    // being expired by advance() right now
  static constexpr unsigned list_count = due_slot + 1;

  // The next slot to look at, and the tick at which it is due.
  struct stop {
    unsigned slot;
    std::uint64_t tick;
  };
  std::optional<stop> next_stop() const noexcept;
  std::uint64_t tick_of(time_point deadline) const noexcept;
  unsigned slot_for(std::uint64_t tick) const noexcept;
  void link(timer& entry, unsigned slot) noexcept;
  void unlink(timer& entry) noexcept;
  void expire(unsigned slot, time_point now);
  void cascade(unsigned slot) noexcept;

  time_point origin_;
  std::uint64_t tick_ = 0;  // everything before this tick has expired
  std::uint64_t earliest_ =
      0;  // where a deadline that has passed is put: the end of a running advance()
  bool advancing_ = false;
  std::size_t size_ = 0;
  std::array<timer*, list_count> heads_{};  // circular lists, the head's previous is the tail
  std::array<std::uint64_t, levels * slots / 64>
      occupied_{};  // one bit per slot, to find the next one quickly
};

}  // namespace socketio
