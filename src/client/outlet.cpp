// See outlet.hpp.
#include "client/outlet.hpp"

#include <vector>

namespace socketio::client_side {

// A thread stands in callbacks of one manager nearly always, of two when one of them uses another.
std::uint32_t& outlet::depth_here(const outlet* of) noexcept {
  struct place {
    const outlet* of;
    std::uint32_t depth;
  };
  constexpr std::size_t kept = 4;
  thread_local std::vector<place> places;
  for (place& each : places)
    if (each.of == of) return each.depth;
  for (place& each : places) {
    if (each.depth != 0) continue;
    each = {of, 0};
    return each.depth;
  }
  if (places.capacity() == 0) places.reserve(kept);
  places.push_back({of, 0});
  return places.back().depth;
}

// Counted until it is gone.
struct outlet::handed {
  handed(std::shared_ptr<outlet> from, std::string_view named, std::function<void()> what,
         std::size_t holds)
      : of(std::move(from)), where(named), work(std::move(what)), bytes(holds + 256) {
    of->waiting_.fetch_add(bytes, std::memory_order_relaxed);
  }
  ~handed() { of->waiting_.fetch_sub(bytes, std::memory_order_relaxed); }
  handed(const handed&) = delete;
  handed& operator=(const handed&) = delete;

  const std::shared_ptr<outlet> of;
  const std::string where;
  const std::function<void()> work;
  const std::size_t bytes;
};

void outlet::wait() const noexcept {
  if (depth_here(this) > 0) return;
  for (;;) {
    const std::uint32_t now = state_.load(std::memory_order_acquire);
    if (now == closed_bit) return;
    state_.wait(now, std::memory_order_acquire);
  }
}

// The executor is code of the application, too, and may destroy what it was given.
void outlet::run(std::string_view where, std::function<void()> work, std::size_t bytes) noexcept {
  if (direct()) return call(where, work);
  call("executor", [&] {
    const auto what = std::make_shared<handed>(shared_from_this(), where, std::move(work), bytes);
    executor_([what] { what->of->call(what->where, what->work); });
  });
}

void outlet::report(std::string_view where, std::exception_ptr what) noexcept {
  const visit inside(*this);
  if (!inside) return;
  try {
    if (failed_) return failed_(where, std::move(what));
    std::rethrow_exception(std::move(what));
  } catch (const std::exception& error) {
    log_->log(log_level::error, "a callback threw", {{"where", where}, {"what", error.what()}});
  } catch (...) {
    log_->log(log_level::error, "a callback threw", {{"where", where}});
  }
}

}  // namespace socketio::client_side
