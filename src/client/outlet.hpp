// The door through which a manager calls the application: where callbacks run, what becomes of what
// they throw, and that none begins once the door is closed.
//
// Closing it waits for nobody. Whoever needs to know that no callback runs any more waits for that.
//
// Any thread. Tested by tests/unit/client/outlet_test.cpp.
#pragma once

#include "base/log.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace socketio::client_side {

class outlet : public std::enable_shared_from_this<outlet> {
 public:
  using executor = std::function<void(std::function<void()>)>;
  using exception_sink = std::function<void(std::string_view where, std::exception_ptr what)>;
  outlet(executor to, exception_sink failed, std::shared_ptr<const logger> log)
      : executor_(std::move(to)), failed_(std::move(failed)), log_(std::move(log)) {}

  // Callbacks run on the thread of the network, inside the call.
  bool direct() const noexcept { return executor_ == nullptr; }

  // Runs `work` here and now, unless the door is closed. `where` names it in reports.
  template <class Work>
  void call(std::string_view where, Work&& work) noexcept {
    const visit inside(*this);
    if (!inside) return;
    try {
      work();
    } catch (...) {
      report(where, std::current_exception());
    }
  }
  // The same for what outlives the caller's frame: here when direct(), else by the executor.
  // `bytes` is what it holds.
  void run(std::string_view where, std::function<void()> work, std::size_t bytes = 0) noexcept;
  // To the sink, or the log. Both are the application's: behind the end nobody is told.
  void report(std::string_view where, std::exception_ptr what) noexcept;

  // What the executor was given and has not yet run or thrown away.
  std::size_t waiting_bytes() const noexcept { return waiting_.load(std::memory_order_relaxed); }

  // No callback begins after this.
  void close() noexcept {
    state_.fetch_or(closed_bit, std::memory_order_acq_rel);
    state_.notify_all();
  }
  const std::atomic<std::uint32_t>& gate() const noexcept { return state_; }  // of event_call
  bool closed() const noexcept { return state_.load(std::memory_order_acquire) & closed_bit; }
  // Until it is closed and no callback runs. Inside of one it returns at once: two that waited for
  // each other would do so for ever.
  void wait() const noexcept;

 private:
  static constexpr std::uint32_t closed_bit = 1, one = 2;
  struct handed;  // to the executor

  class visit {
   public:
    explicit visit(outlet& of) noexcept : of_(of) {
      entered_ = !(of.state_.fetch_add(one, std::memory_order_acq_rel) & closed_bit);
      if (entered_) ++depth_here(&of);
    }
    ~visit() {
      if (entered_) --depth_here(&of_);
      const auto before = of_.state_.fetch_sub(one, std::memory_order_acq_rel);
      if (before & closed_bit) of_.state_.notify_all();
    }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    explicit operator bool() const noexcept { return entered_; }

   private:
    outlet& of_;
    bool entered_;
  };
  // How many calls of it the calling thread stands in.
  static std::uint32_t& depth_here(const outlet* of) noexcept;

  const executor executor_;
  const exception_sink failed_;
  const std::shared_ptr<const logger> log_;
  std::atomic<std::uint32_t> state_{0};
  std::atomic<std::size_t> waiting_{0};
};

}  // namespace socketio::client_side
