// Runs a client's loop on the main thread until something is decided, a time is over, or a signal
// asks for the end.
#pragma once

#include "socketio/event_loop.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace socketio::tools {

class runner {
 public:
  runner();  // SIGINT and SIGTERM are its from now on
  ~runner();
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;

  enum class end { done, late, asked };
  // `within`: nothing for as long as it takes.
  end run_until(const std::function<bool()>& done, std::optional<std::chrono::milliseconds> within);
  const event_loop& loop() const noexcept { return loop_; }
  bool asked_to_end() const noexcept { return asked_; }

 private:
  event_loop loop_;
  int signals_;
  bool asked_ = false;
};

}  // namespace socketio::tools
