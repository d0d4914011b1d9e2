// What listeners are taken as: any callable with these parameters. Not a coroutine, which nobody
// would run: a std::function<void()> takes it without a word.
#pragma once

#include "socketio/task.hpp"

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace socketio::detail {

template <class... Args>
class callback {
 public:
  // NOLINTBEGIN(bugprone-forwarding-reference-overload): the constraint excludes itself
  template <class F>
  requires(!std::same_as<std::decay_t<F>, callback> && std::invocable<std::decay_t<F>&, Args...>)
      callback(F&& run)
      : run_(std::forward<F>(run)) {
    static_assert(!is_task<std::invoke_result_t<std::decay_t<F>&, Args...>>,
                  "a listener cannot be a coroutine; it may start one: socket.start(talk(socket))");
  }
  // NOLINTEND(bugprone-forwarding-reference-overload)
  std::function<void(Args...)> take() && { return std::move(run_); }

 private:
  std::function<void(Args...)> run_;
};

}  // namespace socketio::detail
