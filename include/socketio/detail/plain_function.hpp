// A std::function for callbacks that cannot be coroutines. A std::function takes a coroutine too,
// and throws away the task that it returns: the coroutine never runs, and nobody says so. This one
// does not compile with it, and says so in one line, also when the parameters are wrong.
#pragma once

#include "socketio/task.hpp"

#include <functional>
#include <type_traits>
#include <utility>

namespace socketio::detail {

template <class Signature>
class plain_function;

template <class... A>
class plain_function<void(A...)> : public std::function<void(A...)> {
  using function = std::function<void(A...)>;

  template <class F>
  static function checked(F&& given) {
    constexpr bool callable = std::is_invocable_v<std::decay_t<F>&, A...>;
    static_assert(
        callable,
        "this callback cannot be called with what it gets: take parameters by value or by "
        "const reference, except an event_packet&");
    if constexpr (callable) {
      static_assert(!is_task<std::invoke_result_t<std::decay_t<F>&, A...>>,
                    "this callback is no coroutine: start one in it with io.start(...)");
      return function(std::forward<F>(given));
    } else {
      return {};
    }
  }

 public:
  plain_function() = default;
  // Leaves the other constructors alone.
  template <class F>
  requires(!std::is_base_of_v<plain_function, std::decay_t<F>>) plain_function(F&& given)  // NOLINT
      : function(checked(std::forward<F>(given))) {}
};

}  // namespace socketio::detail
