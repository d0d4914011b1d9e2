// Checks a handler against a declared event at compile time: argument types, their number, and the
// acknowledgement.
#pragma once

#include "socketio/detail/handler.hpp"
#include "socketio/event.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace socketio::detail {

// A parameter accepts the declared type, or a view of it.
template <class Parameter, class Declared>
concept accepts = std::same_as<std::decay_t<Parameter>, Declared> ||
                  (std::same_as<Declared, std::string>&&
                       std::same_as<std::decay_t<Parameter>, std::string_view>) ||
                  (std::same_as<Declared, binary> &&
                   std::same_as<std::decay_t<Parameter>, std::span<const std::byte>>);

template <class Tuple, bool Skip>
struct without_socket {
  using type = Tuple;
};
template <class Tuple>
struct without_socket<Tuple, true> {
  using type = typename tail<Tuple>::type;
};
template <class Tuple>
consteval bool starts_with_socket() {
  if constexpr (std::tuple_size_v<Tuple> == 0)
    return false;
  else
    return std::same_as<std::decay_t<std::tuple_element_t<0, Tuple>>, socket> ||
           std::same_as<std::decay_t<std::tuple_element_t<0, Tuple>>, client_socket>;
}

template <class Parameters, class... Declared, std::size_t... I>
consteval bool arguments_match(types<Declared...>, std::index_sequence<I...>) {
  return (accepts<std::tuple_element_t<I, Parameters>, Declared> && ...);
}

template <class Returned>
struct answer_of {
  using type = Returned;
};
template <class R>
struct answer_of<task<R>> : answer_of<R> {};
template <class R>
struct answer_of<result<R>> {
  using type = R;
};

template <class Returned, class... Answer>
consteval bool returns_answer(types<Answer...>) {
  using answer = typename answer_of<Returned>::type;
  if constexpr (sizeof...(Answer) == 1)
    return (std::same_as<answer, Answer> && ...);
  else
    return std::same_as<answer, std::tuple<Answer...>>;
}

template <class Wanted, class Tuple>
consteval bool ends_with() {
  if constexpr (std::tuple_size_v<Tuple> == 0)
    return false;
  else
    return std::same_as<std::decay_t<std::tuple_element_t<std::tuple_size_v<Tuple> - 1, Tuple>>,
                        Wanted>;
}

template <class Event, class F>
consteval void check_handler() {
  using parts = typename Event::parts;
  using all = parameters_of<F>;
  using given = typename without_socket<all, starts_with_socket<all>()>::type;
  using returned = result_of<F>;
  []<class... P, class... A>(types<P...> declared, types<A...> answer) {
    constexpr std::size_t n = std::tuple_size_v<given>;
    if constexpr (n == sizeof...(P) + 1 && parts::acknowledged) {
      static_assert(ends_with<ack<A...>, given>(),
                    "the last parameter of this handler must be the declared ack<...>");
      static_assert(arguments_match<given>(declared, std::index_sequence_for<P...>()),
                    "the parameters of this handler are not those of the declared event");
    } else {
      static_assert(n == sizeof...(P),
                    "this handler takes another number of arguments than the declared event");
      if constexpr (n == sizeof...(P))
        static_assert(arguments_match<given>(declared, std::index_sequence_for<P...>()),
                      "the parameters of this handler are not those of the declared event");
      if constexpr (parts::acknowledged)
        static_assert(returns_answer<returned>(answer),
                      "this handler must return the declared acknowledgement");
      else
        static_assert(
            std::is_void_v<typename answer_of<returned>::type>,
            "this event was declared without acknowledgement: the handler must return nothing");
    }
  }(typename parts::arguments{}, typename parts::answer{});
}

}  // namespace socketio::detail
