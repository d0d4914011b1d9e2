// See timer_wheel.hpp. Ticks are milliseconds since the wheel was made; a deadline is rounded up to
// its tick and the current time down, which is why no timer expires early.
#include "base/timer_wheel.hpp"

#include <bit>
#include <cassert>
#include <utility>

namespace socketio {
namespace {

constexpr auto tick_length = std::chrono::nanoseconds(milliseconds(1));

std::uint64_t nanoseconds_between(time_point from, time_point to) noexcept {
  if (to <= from) return 0;
  // Unsigned, because the distance of two representable times may not be representable.
  const auto a = std::chrono::nanoseconds(from.time_since_epoch()).count();
  const auto b = std::chrono::nanoseconds(to.time_since_epoch()).count();
  return static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a);
}

}  // namespace

void timer::cancel() noexcept {
  if (!wheel_) return;
  timer_wheel& wheel = *wheel_;
  wheel.unlink(*this);
  wheel_ = nullptr;
  --wheel.size_;
}

void timer_wheel::clear() noexcept {
  for (timer*& head : heads_) {
    while (head) head->cancel();
  }
}

void timer_wheel::arm(timer& entry, time_point deadline) noexcept {
  entry.cancel();
  entry.wheel_ = this;
  entry.deadline_ = deadline;
  ++size_;
  // While advance() runs, the slot of tick_ has been taken out already; a timer that belongs there,
  // or earlier, goes to the end of this advance().
  const std::uint64_t tick = tick_of(deadline);
  const bool passed = advancing_ ? tick <= tick_ : tick < tick_;
  link(entry, slot_for(passed ? earliest_ : tick));
}

void timer_wheel::advance(time_point now) {
  assert(!advancing_);
  const std::uint64_t target = nanoseconds_between(origin_, now) / tick_length.count();
  if (target < tick_) return;
  advancing_ = true;
  earliest_ = target;
  while (const auto next = next_stop()) {
    if (next->tick > target) break;
    tick_ = next->tick;
    if (next->slot >= slots) {
      cascade(next->slot);
      continue;
    }
    expire(next->slot, now);
    if (tick_ == target) break;  // what its callbacks put into this slot is for the next turn
  }
  tick_ = earliest_ = target;
  advancing_ = false;
}

std::optional<time_point> timer_wheel::next_expiry() const noexcept {
  const auto next = next_stop();
  if (!next) return std::nullopt;
  return origin_ + milliseconds(next->tick);
}

std::optional<timer_wheel::stop> timer_wheel::next_stop() const noexcept {
  for (unsigned level = 0; level < levels; ++level) {
    const unsigned shift = level * slot_bits;
    const auto current = static_cast<unsigned>(tick_ >> shift) & (slots - 1);
    // Slots before the current one are empty: their time has passed.
    for (unsigned word = current / 64; word < slots / 64; ++word) {
      const std::uint64_t bits = occupied_[level * (slots / 64) + word];
      if (!bits) continue;
      const unsigned index = word * 64 + static_cast<unsigned>(std::countr_zero(bits));
      const std::uint64_t above = tick_ >> (shift + slot_bits) << (shift + slot_bits);
      return stop{level * slots + index, above | std::uint64_t{index} << shift};
    }
  }
  if (!heads_[far_slot]) return std::nullopt;
  constexpr unsigned reach = levels * slot_bits;
  return stop{far_slot, ((tick_ >> reach) + 1) << reach};
}

std::uint64_t timer_wheel::tick_of(time_point deadline) const noexcept {
  const auto length = static_cast<std::uint64_t>(tick_length.count());
  return (nanoseconds_between(origin_, deadline) + (length - 1)) / length;
}

unsigned timer_wheel::slot_for(std::uint64_t tick) const noexcept {
  const std::uint64_t difference = tick ^ tick_;
  if (difference >> (levels * slot_bits)) return far_slot;
  const unsigned level =
      difference ? static_cast<unsigned>(std::bit_width(difference) - 1) / slot_bits : 0;
  return level * slots + (static_cast<unsigned>(tick >> (level * slot_bits)) & (slots - 1));
}

void timer_wheel::link(timer& entry, unsigned slot) noexcept {
  entry.slot_ = static_cast<std::uint16_t>(slot);
  timer*& head = heads_[slot];
  if (head) {
    entry.previous_ = head->previous_;
    entry.next_ = head;
    entry.previous_->next_ = &entry;
    head->previous_ = &entry;
    return;
  }
  head = entry.previous_ = entry.next_ = &entry;
  if (slot < far_slot) occupied_[slot / 64] |= std::uint64_t{1} << slot % 64;
}

void timer_wheel::unlink(timer& entry) noexcept {
  timer*& head = heads_[entry.slot_];
  if (entry.next_ == &entry) {
    head = nullptr;
    if (entry.slot_ < far_slot)
      occupied_[entry.slot_ / 64] &= ~(std::uint64_t{1} << entry.slot_ % 64);
    return;
  }
  entry.previous_->next_ = entry.next_;
  entry.next_->previous_ = entry.previous_;
  if (head == &entry) head = entry.next_;
}

// The slot is emptied first: callbacks may cancel timers of this very slot (they are found in the
// list of due ones) and may arm into it (those are not looked at in this round).
void timer_wheel::expire(unsigned slot, time_point now) {
  while (timer* entry = heads_[slot]) {
    unlink(*entry);
    link(*entry, due_slot);
  }
  while (timer* entry = heads_[due_slot]) {
    entry->cancel();
    entry->on_expired(now);
  }
}

void timer_wheel::cascade(unsigned slot) noexcept {
  timer* waiting = std::exchange(heads_[slot], nullptr);
  if (slot < far_slot) occupied_[slot / 64] &= ~(std::uint64_t{1} << slot % 64);
  if (!waiting) return;
  waiting->previous_->next_ = nullptr;  // from here a plain list
  while (waiting) {
    timer& entry = *std::exchange(waiting, waiting->next_);
    const std::uint64_t tick = tick_of(entry.deadline_);
    link(entry, slot_for(tick < tick_ ? earliest_ : tick));
  }
}

}  // namespace socketio
