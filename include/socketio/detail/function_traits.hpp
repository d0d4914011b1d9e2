// The parameter types of a callable that has exactly one signature.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace socketio::detail {

template <class F>
struct function_traits;
template <class R, class... A>
struct function_traits<R(A...)> {
  using result = R;
  using parameters = std::tuple<A...>;
};
// clang-format off
template <class R, class... A> struct function_traits<R (*)(A...)> : function_traits<R(A...)> {};
template <class R, class... A> struct function_traits<R (*)(A...) noexcept> : function_traits<R(A...)> {};
template <class C, class R, class... A> struct function_traits<R (C::*)(A...)> : function_traits<R(A...)> {};
template <class C, class R, class... A> struct function_traits<R (C::*)(A...) const> : function_traits<R(A...)> {};
template <class C, class R, class... A> struct function_traits<R (C::*)(A...) noexcept> : function_traits<R(A...)> {};
template <class C, class R, class... A> struct function_traits<R (C::*)(A...) const noexcept> : function_traits<R(A...)> {};
// clang-format on
template <class F>
requires requires { &F::operator(); }
struct function_traits<F> : function_traits<decltype(&F::operator())> {};

template <class F>
concept one_signature = requires {
  typename function_traits<std::decay_t<F>>::parameters;
};

template <class F>
using parameters_of = typename function_traits<std::decay_t<F>>::parameters;
template <class F>
using result_of = typename function_traits<std::decay_t<F>>::result;

// Arguments are handed over: nobody would see what is written to a reference.
template <class Tuple>
inline constexpr bool takes_mutable_reference = false;
template <class... A>
inline constexpr bool takes_mutable_reference<std::tuple<A...>> =
    ((std::is_lvalue_reference_v<A> && !std::is_const_v<std::remove_reference_t<A>>) || ...);

// A tuple without its first element.
template <class Tuple>
struct tail;
template <class First, class... Rest>
struct tail<std::tuple<First, Rest...>> {
  using type = std::tuple<Rest...>;
};

}  // namespace socketio::detail
