// A hierarchical timing wheel: arming, moving and cancelling a timer are O(1) and allocate nothing, expiry costs
// O(expired). One per shard serves every heartbeat, ack deadline, upgrade and connect timeout (Varghese and Lauck,
// "Hashed and Hierarchical Timing Wheels", 1987).
//
// Four levels of 256 slots at a resolution of one millisecond reach 49 days; what lies further is parked in the last
// slot and looked at again. Timers are intrusive nodes: whoever owns the node owns the timer, and destroying the node
// cancels it. Callbacks may arm, cancel and destroy any timer, also their own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"

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
  virtual void on_expired(time_point now) = 0;  // the timer is disarmed when this runs

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
  ~timer_wheel();  // disarms what is left

  // Arms or re-arms. Never expires early; late by less than a millisecond plus the lateness of advance().
  void arm(timer& entry, time_point deadline) noexcept;

  // Expires everything due at `now`, in the order of deadlines within a millisecond's resolution.
  void advance(time_point now);

  // When advance() should be called next; may be earlier than the first deadline (a cascade), never later.
  std::optional<time_point> next_expiry() const noexcept;
  std::size_t size() const noexcept { return size_; }

 private:
  friend class timer;
  static constexpr unsigned slot_bits = 8;
  static constexpr unsigned slots = 1u << slot_bits;
  static constexpr unsigned levels = 4;

  std::uint64_t tick_of(time_point when, bool round_up) const noexcept;
  void link(timer& entry) noexcept;
  void unlink(timer& entry) noexcept;
  void expire_slot(unsigned slot, time_point now);
  void cascade(unsigned level);

  time_point origin_;
  std::uint64_t tick_ = 0;  // everything before this tick has expired
  std::size_t size_ = 0;
  std::array<timer*, levels * slots> heads_{};
  std::array<std::uint64_t, levels * slots / 64> occupied_{};  // one bit per slot, to find the next one quickly
};

}  // namespace socketio
