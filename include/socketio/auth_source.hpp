// What a client says of itself when it connects (CS-03): a value, or a function that is called at
// every connection attempt, so that a token is never older than the connection.
//
//   .auth = value::map({{"token", "abc"}})
//   .auth = [] { return value::map({{"token", read_token()}}); }
//   .auth = [](socketio::give_auth give) { fetch_token([give](auto t) { give(...); }); }
//   .auth = []() -> socketio::task<value> { co_return ...; }
//
// What is thrown there becomes a connect_error (connect_cause::auth).
#pragma once

#include "socketio/detail/exceptions.hpp"
#include "socketio/detail/function_traits.hpp"
#include "socketio/task.hpp"
#include "socketio/value.hpp"

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace socketio {

// Takes the answer of an auth function, once, now or later; any thread. What comes after the
// connection has ended is ignored.
using give_auth = std::function<void(value)>;

class auth_source {
 public:
  using function =
      std::function<void(give_auth give, std::function<void(std::exception_ptr)> fail)>;

  auth_source() = default;  // nothing
  auth_source(value data)
      : ask_(std::make_shared<function>(
            [data = std::move(data)](const give_auth& give, const auto&) { give(data); })) {}
  template <class F>  // NOLINTNEXTLINE(bugprone-forwarding-reference-overload)
  requires(detail::one_signature<F> && !std::same_as<std::decay_t<F>, value>) auth_source(F&& ask)
      : ask_(std::make_shared<function>(wrap(std::forward<F>(ask)))) {}

  explicit operator bool() const noexcept { return ask_ != nullptr; }
  const std::shared_ptr<function>& ask() const noexcept { return ask_; }  // internal

 private:
  template <class F>
  static function wrap(F&& ask) {
    using returned = detail::result_of<F>;
    if constexpr (std::is_void_v<returned>) {
      return [ask = std::forward<F>(ask)](give_auth give, const auto&) mutable {
        ask(std::move(give));
      };
    } else if constexpr (detail::is_task<returned>) {
      auto kept = std::make_shared<std::decay_t<F>>(std::forward<F>(ask));
      return [kept](give_auth give, std::function<void(std::exception_ptr)> fail) {
        run(kept, std::move(give), std::move(fail));
      };
    } else {
      static_assert(std::convertible_to<returned, value>,
                    "an auth function returns a value or a task of one, or takes give_auth");
      return
          [ask = std::forward<F>(ask)](const give_auth& give, const auto&) mutable { give(ask()); };
    }
  }
  // The captures of the coroutine live in `kept`.
  template <class F>
  static detail::detached run(std::shared_ptr<F> kept, give_auth give,
                              std::function<void(std::exception_ptr)> fail) {
    SOCKETIO_TRY {
      value data = co_await (*kept)();
      give(std::move(data));
    }
    SOCKETIO_CATCH_ALL { fail(std::current_exception()); }
  }

  std::shared_ptr<function> ask_;  // copies are the same function, whose captures may change
};

}  // namespace socketio
