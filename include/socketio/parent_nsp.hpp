// parent_nsp: namespaces that clients make by joining them (NS-02 to NS-07). server::of() returns
// one for a regular expression, or for a function that says which names there may be:
//
//   auto rooms = io.of(socketio::pattern("^/room-\\d+$"));
//   rooms.on_connection([](socketio::socket who) { ... who.nsp_name() ... });
//
// Set it up before server::run(). What a child begins with are the middlewares and handlers that
// its parent has when the child is made; later ones do not reach it (NS-06).
#pragma once

#include "socketio/nsp.hpp"
#include "socketio/pattern.hpp"
#include "socketio/task.hpp"

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace socketio {

// Says whether a namespace may be made. Copyable; the first call counts. Any thread.
class allow_fn {
 public:
  explicit allow_fn(std::function<void(bool, std::exception_ptr)> go);
  void operator()(bool allow) const;
  // The same as no, and `why` is reported to server::on_error().
  void failed(std::exception_ptr why) const;

 private:
  struct state;
  std::shared_ptr<state> go_;
};

namespace detail {

// `auth` is what CONNECT carried, an empty object when there was nothing.
using namespace_check = std::function<void(std::string_view name, const value& auth, allow_fn)>;

void run_namespace_task(task<bool> work, allow_fn next);

// The forms: (name), (name, auth) returning bool or task<bool>, or (name, auth, allow_fn).
template <class F>
namespace_check make_namespace_check(F&& function) {
  using parameters = parameters_of<F>;
  using returned = result_of<F>;
  constexpr std::size_t count = std::tuple_size_v<parameters>;
  static_assert(count >= 1 && count <= 3,
                "a namespace function takes (name), (name, auth) or (name, auth, allow_fn)");
  static_assert(count == 3 || std::same_as<returned, bool> || std::same_as<returned, task<bool>>,
                "a namespace function returns bool or task<bool>, or takes an allow_fn");
  using name_type = std::decay_t<std::tuple_element_t<0, parameters>>;
  static_assert(!(is_task<returned> && std::same_as<name_type, std::string_view>),
                "a coroutine must take the name as std::string: a view ends with the call");
  // Shared, because a coroutine refers to the captures of its lambda.
  auto alive = std::make_shared<std::decay_t<F>>(std::forward<F>(function));
  return [alive](std::string_view name, const value& auth, const allow_fn& next) {
    const auto call = [&](auto&&... more) { return (*alive)(name_type(name), more...); };
    if constexpr (count == 3) {
      call(auth, next);
    } else {
      const auto answer = [&] {
        if constexpr (count == 2)
          return call(auth);
        else
          return call();
      };
      if constexpr (is_task<returned>)
        run_namespace_task(answer(), allow_fn([alive, next](bool allow, std::exception_ptr why) {
                             why ? next.failed(std::move(why)) : next(allow);
                           }));
      else
        next(answer());
    }
  };
}

// std::regex and its like, by their flags: see pattern.hpp for why they are refused.
template <class R>
concept regular_expression = requires {
  R::ECMAScript;
};

}  // namespace detail

// What is emitted to it reaches every socket of every child in this server; the same goes for
// sockets_join() and so on. With an acknowledgement nobody is asked: it ends at once without
// answers. fetch_sockets() and all_sockets() throw std::logic_error (NS-07).
class parent_nsp : public namespace_api {
 public:
  explicit parent_nsp(std::shared_ptr<core::nsp> impl) noexcept : namespace_api(std::move(impl)) {}
  std::string_view name() const noexcept;  // "/_0" and so on; no client can join it
  std::vector<nsp> children() const;       // at this instant. Any thread.
};

}  // namespace socketio
