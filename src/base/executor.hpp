// One shard as the floors below `net` see it: a thread, its timers and its idea of the current
// time. Implemented by net::loop; tests drive a virtual one.
#pragma once

#include "base/activity.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/timer_wheel.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace socketio {

// What became of posted work: it will run, too much waits already, or the shard has stopped for
// good. In the latter two cases it is destroyed without having run.
enum class post_outcome : std::uint8_t { queued, refused, stopped };

class executor {
 public:
  virtual ~executor() = default;

  // Any thread. Runs `work` on the shard's thread, in the order of the calls. False when the shard
  // has stopped for good: then `work` is destroyed without having run.
  virtual bool post(std::function<void()> work) = 0;
  // The same for what carries `bytes` of an event of the application, and is refused when too many
  // of them wait.
  virtual post_outcome post_event(std::function<void()> work, std::size_t bytes) {
    static_cast<void>(bytes);
    return post(std::move(work)) ? post_outcome::queued : post_outcome::stopped;
  }
  // Any thread. True on the thread that runs the shard, while it runs.
  virtual bool on_thread() const noexcept = 0;

  // Shard only. The time at which the current turn of the loop began, or its timers began to
  // expire.
  virtual time_point now() const noexcept = 0;
  virtual timer_wheel& timers() noexcept = 0;
  // Shard only. The time itself, for every deadline of something that may begin behind code of the
  // application, which may have worked for long in this turn. Where only bytes are moved, or an
  // early end does no harm, now() will do and costs nothing.
  virtual time_point exact_now() const noexcept { return now(); }

  // Where what happens here is told; set before the shard runs.
  std::shared_ptr<const logger> log = logger::silent();

  // What code of the application runs here; kept by whoever calls it.
  activity running;
  // For a scope around a call that may happen on another thread, which is not watched.
  activity* running_here() noexcept { return on_thread() ? &running : nullptr; }
};

}  // namespace socketio
