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
  std::optional<call> told;
  {
    const std::lock_guard lock(mutex_);
    if (ending != watched_) return;
    if (told_) told = describe(ending, time ? time() : since_);
    watched_ = 0;
    asked_.store(false, std::memory_order_relaxed);
    if (being_told_) {
      ended_meanwhile_ = std::move(told);
      return;
    }
  }
  if (told && on_ended) on_ended(*told);
}

// ---- the watchdog

std::optional<activity::call> activity::look(time_point now, duration limit) {
  const std::lock_guard lock(mutex_);
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
  told_ = being_told_ = true;
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
