// What code of the application runs on a shard right now, as a watchdog on another thread sees it.
//
// The shard pays with two stores and a load per call: it says where, on its own stack, the call
// that runs is described. That place is only good while the call runs, so the watchdog asks before
// it looks: from then on no call ends without taking the mutex. A call that was just ending may
// have missed the question, but not for as long as from one look to the next: what stands on the
// stack then, stands there until the mutex is given back.
//
// Many short calls keep the others waiting as one long one does. So the loop says when a turn of it
// begins and ends, and a turn that takes too long without such a call is told as "turn".
//
// Tested by tests/unit/base/activity_test.cpp.
#pragma once

#include "base/clock.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

class activity {
 public:
  // The event, or the kind of call as on_error names it, and the namespace if there is one.
  struct description {
    std::string_view name, nsp;
  };
  struct call {
    std::string name, nsp;
    time_point since;  // it was seen running; it may have begun a little before
    time_point until;  // it still ran then, or ended
    bool is_turn = false;
  };

  activity() = default;
  activity(const activity&) = delete;
  activity& operator=(const activity&) = delete;

  // ---- the shard

  // A call of the application, from the constructor to the destructor. What it is given must last
  // as long. Without an activity nothing happens.
  class scope {
   public:
    scope(activity* of, description what) noexcept;
    ~scope();
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

   private:
    friend class activity;
    activity* of_;
    std::uintptr_t outer_;
    description what_;
  };

  // The same for the handlers of an event, which come by the million: describe_event() knows how to
  // read the object at that address. A call around it is not seen meanwhile.
  class event_scope {
   public:
    event_scope(activity& of, const void* event) noexcept
        : of_(of), outer_(of.running_.load(std::memory_order_relaxed)), event_(event) {
      of_.running_.store(address(event), std::memory_order_release);
    }
    ~event_scope() {
      of_.running_.store(outer_, std::memory_order_release);
      if (of_.asked_.load(std::memory_order_relaxed)) [[unlikely]]
        of_.on_end(address(event_));
    }
    event_scope(const event_scope&) = delete;
    event_scope& operator=(const event_scope&) = delete;

   private:
    activity& of_;
    std::uintptr_t outer_;
    const void* event_;
  };

  // Two stores and a load per turn.
  void turn_begins() noexcept {
    turn_.store(turn_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  void turn_ends() noexcept {
    turn_.store(turn_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    if (turn_told_.load(std::memory_order_relaxed)) [[unlikely]]
      on_turn_end();
  }

  // Set before the shard runs.
  description (*describe_event)(const void* event) noexcept = nullptr;
  // A call that look() had told has ended. Called on the shard; must not throw.
  std::function<void(const call&)> on_ended;
  // What time it is; asked when such a call ends.
  time_point (*time)() noexcept = nullptr;

  // ---- the watchdog

  // To be called again and again, a millisecond apart or more, by one thread. The call that has run
  // for `limit` or longer, once, while it still runs; or the turn, if it was none of its calls.
  // told() must follow when it has been told.
  std::optional<call> look(time_point now, duration limit);
  // The end of that call, if it came since: it is not told before the call itself is, and the shard
  // does not wait for whoever is told. on_ended() is not called then.
  std::optional<call> told();

 private:
  static constexpr std::uintptr_t is_scope = 1;  // no object begins at an odd address
  static std::uintptr_t address(const void* what) noexcept {
    return reinterpret_cast<std::uintptr_t>(what);
  }
  static constexpr unsigned looks_min = 3;  // a process that stood still is not a slow handler

  void on_end(std::uintptr_t ending) noexcept;
  void on_turn_end() noexcept;
  void finish(std::unique_lock<std::mutex>& lock, std::optional<call> told) noexcept;
  std::optional<call> look_at_calls(time_point now, duration limit);
  bool stands(std::uintptr_t which, std::uintptr_t innermost) const noexcept;
  call describe(std::uintptr_t which, time_point until) const;

  std::atomic<std::uintptr_t> running_{0};  // the innermost call; 0: none
  std::atomic<bool> asked_{false};          // whoever ends takes the mutex
  std::atomic<std::uint32_t> turn_{0};      // odd: one is under way
  std::atomic<bool> turn_told_{false};      // its end is to be told, under the mutex

  std::mutex mutex_;  // guards what follows
  std::uintptr_t watched_ = 0;
  time_point since_;
  unsigned looks_ = 0;
  bool told_ = false;
  bool being_told_ = false;              // between look() and told()
  std::optional<call> ended_meanwhile_;  // for told()
  std::uint32_t watched_turn_ = 0;
  time_point turn_since_;
  unsigned turn_looks_ = 0;
  bool call_told_ = false;  // in this turn
};

}  // namespace socketio
