#include "base/activity.hpp"

#include <utility>

namespace socketio {

// ---- the shard

activity::scope::scope(activity* of, description what) noexcept
    : of_(of), outer_(of ? of->running_.load(std::memory_order_relaxed) : 0), what_(what) {
  if (of_) of_->running_.store(address(this) + is_scope, std::memory_order_release);
}

activity::scope::~scope() {
  if (!of_) return;
  of_->running_.store(outer_, std::memory_order_release);
  if (of_->asked_.load(std::memory_order_relaxed)) of_->on_end(address(this) + is_scope);
}

// The question stands when another call ends than the one that is watched.
void activity::on_end(std::uintptr_t ending) noexcept {
  std::unique_lock lock(mutex_);
  if (ending != watched_) return;
  std::optional<call> told;
  if (told_) told = describe(ending, time ? time() : since_);
  watched_ = 0;
  asked_.store(false, std::memory_order_relaxed);
  finish(lock, std::move(told));
}

void activity::on_turn_end() noexcept {
  std::unique_lock lock(mutex_);
  if (!turn_told_.exchange(false, std::memory_order_relaxed)) return;
  finish(lock, call{"turn", {}, turn_since_, time ? time() : turn_since_, true});
}

void activity::finish(std::unique_lock<std::mutex>& lock, std::optional<call> told) noexcept {
  if (being_told_) {
    ended_meanwhile_ = std::move(told);
    return;
  }
  lock.unlock();
  if (told && on_ended) on_ended(*told);
}

// ---- the watchdog

std::optional<activity::call> activity::look(time_point now, duration limit) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t turn = turn_.load(std::memory_order_acquire);
  if (turn != watched_turn_) {
    watched_turn_ = turn;
    turn_since_ = now;
    turn_looks_ = 0;
    call_told_ = false;
  }
  turn_looks_++;
  if (auto found = look_at_calls(now, limit)) return found;
  const bool long_turn = turn % 2 == 1 && turn_looks_ >= looks_min && now - turn_since_ >= limit;
  // A call that is seen for the second time may become the one that is told.
  const bool one_call = asked_.load(std::memory_order_relaxed) && looks_ > 1;
  if (!long_turn || one_call || call_told_ || turn_told_.load(std::memory_order_relaxed))
    return std::nullopt;
  call_told_ = being_told_ = true;
  turn_told_.store(true, std::memory_order_seq_cst);
  // It may just have ended. When both have missed each other, the next end is told instead.
  if (turn_.load(std::memory_order_seq_cst) != turn) {
    turn_told_.store(false, std::memory_order_relaxed);
    being_told_ = false;
    return std::nullopt;
  }
  return call{"turn", {}, turn_since_, now, true};
}

std::optional<activity::call> activity::look_at_calls(time_point now, duration limit) {
  const bool asked = asked_.load(std::memory_order_relaxed);
  if (asked && told_) return std::nullopt;  // until it ends
  const std::uintptr_t innermost = running_.load(std::memory_order_acquire);
  // Nothing on the stack is looked at unless the question is one look old.
  if (!asked || !stands(watched_, innermost)) {
    watched_ = innermost;
    since_ = now;
    looks_ = 1;
    told_ = false;
    asked_.store(innermost != 0, std::memory_order_seq_cst);
    return std::nullopt;
  }
  looks_++;
  if (looks_ < looks_min || now - since_ < limit) return std::nullopt;
  told_ = being_told_ = call_told_ = true;
  return describe(watched_, now);
}

std::optional<activity::call> activity::told() {
  const std::lock_guard lock(mutex_);
  being_told_ = false;
  return std::exchange(ended_meanwhile_, std::nullopt);
}

bool activity::stands(std::uintptr_t which, std::uintptr_t innermost) const noexcept {
  for (std::uintptr_t at = innermost; at != 0;) {
    if (at == which) return true;
    at = at & is_scope ? reinterpret_cast<const scope*>(at - is_scope)->outer_ : 0;
  }
  return false;
}

activity::call activity::describe(std::uintptr_t which, time_point until) const {
  const description what = which & is_scope
                               ? reinterpret_cast<const scope*>(which - is_scope)->what_
                               : describe_event(reinterpret_cast<const void*>(which));
  return {std::string(what.name), std::string(what.nsp), since_, until};
}

}  // namespace socketio
