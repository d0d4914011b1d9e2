// The names and members of a struct: either described by one line, SOCKETIO_FIELDS(order, id,
// price), or read off a plain aggregate by the compiler.
//
// The latter uses that C++20 allows pointers to subobjects as template arguments: the name of a
// function template instantiated with "&fake<T>.member", as the compiler spells it, ends with the
// member's name. g++ >= 12 and clang >= 14 do that for aggregates of up to 16 members without
// bases; everything else needs the one line.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace socketio::detail {

template <class Struct, class Member>
struct field {
  std::string_view name;
  Member Struct::*member;
};
template <class Struct, class Member>
constexpr field<Struct, Member> make_field(std::string_view name, Member Struct::*member) {
  return {name, member};
}

template <class T>
concept described = requires(const T* self) {
  socketio_fields(self);
};

// ---- aggregates without a description

struct anything {
  template <class T>
  operator T() const noexcept;  // never called, never defined
};
template <class T, std::size_t... I>
consteval bool braces_fit(std::index_sequence<I...>) {
  return requires { T{((void)I, anything{})...}; };
}
template <class T, std::size_t N = 16>
consteval std::size_t count_members() {
  if constexpr (N == 0)
    return 0;
  else if constexpr (braces_fit<T>(std::make_index_sequence<N>{}))
    return N;
  else
    return count_members<T, N - 1>();
}

template <class T>
concept plain_aggregate =
    std::is_aggregate_v<T> && std::is_class_v<T> && !described<T> && !std::is_empty_v<T>;

// What fits a base of T, and what fits nothing that does not take everything.
template <class T>
struct any_base_of {
  template <class B>
  requires(std::is_base_of_v<B, T> && !std::is_same_v<B, T>) operator B() const noexcept;
};
struct nothing {};
template <class T>
concept with_base = requires {
  T{any_base_of<T>{}};
}
&&!requires { T{nothing{}}; };

// How many members can be named; 0 where the compiler has just been told why not.
template <class T>
consteval std::size_t usable_members() {
  constexpr std::size_t n = count_members<T>();
  constexpr bool too_many = braces_fit<T>(std::make_index_sequence<17>{});
  static_assert(n > 0, "this struct needs a description: SOCKETIO_FIELDS(type, members...)");
  static_assert(!too_many,
                "a struct without description may have at most 16 members, and std::array for "
                "built-in arrays: add SOCKETIO_FIELDS(type, members...)");
  static_assert(
      !with_base<T>,
      "a struct with a base class needs a description: SOCKETIO_FIELDS(type, members...)");
  return too_many || with_base<T> ? 0 : n;
}

// References to all members, as a tuple.
template <class T>
constexpr auto tie_members(T& of) {
  constexpr std::size_t n = usable_members<std::remove_const_t<T>>();
  // clang-format off
  if constexpr (n == 0) return std::tie();
  else if constexpr (n == 1) { auto& [a] = of; return std::tie(a); }
  else if constexpr (n == 2) { auto& [a, b] = of; return std::tie(a, b); }
  else if constexpr (n == 3) { auto& [a, b, c] = of; return std::tie(a, b, c); }
  else if constexpr (n == 4) { auto& [a, b, c, d] = of; return std::tie(a, b, c, d); }
  else if constexpr (n == 5) { auto& [a, b, c, d, e] = of; return std::tie(a, b, c, d, e); }
  else if constexpr (n == 6) { auto& [a, b, c, d, e, f] = of; return std::tie(a, b, c, d, e, f); }
  else if constexpr (n == 7) { auto& [a, b, c, d, e, f, g] = of; return std::tie(a, b, c, d, e, f, g); }
  else if constexpr (n == 8) { auto& [a, b, c, d, e, f, g, h] = of; return std::tie(a, b, c, d, e, f, g, h); }
  else if constexpr (n == 9) { auto& [a, b, c, d, e, f, g, h, i] = of; return std::tie(a, b, c, d, e, f, g, h, i); }
  else if constexpr (n == 10) { auto& [a, b, c, d, e, f, g, h, i, j] = of; return std::tie(a, b, c, d, e, f, g, h, i, j); }
  else if constexpr (n == 11) { auto& [a, b, c, d, e, f, g, h, i, j, k] = of; return std::tie(a, b, c, d, e, f, g, h, i, j, k); }
  else if constexpr (n == 12) { auto& [a, b, c, d, e, f, g, h, i, j, k, l] = of; return std::tie(a, b, c, d, e, f, g, h, i, j, k, l); }
  else if constexpr (n == 13) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = of; return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m); }
  else if constexpr (n == 14) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o] = of; return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o); }
  else if constexpr (n == 15) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p] = of; return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p); }
  else { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q] = of; return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q); }
  // clang-format on
}

// An object that is never defined and never read: only the addresses of its members are named.
template <class T>
struct holder {
  T object;
};
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
template <class T>
extern const holder<T> fake;

template <class Pointer>
struct pointer_box {  // a structural type, because a bare pointer to a subobject is not accepted
                      // everywhere
  Pointer pointer;
};

template <auto Box>
consteval std::string_view member_name() {
  std::string_view text = __PRETTY_FUNCTION__;  // ends "....member)}]" or "....member}]"
  const auto end = text.find_last_not_of(")}];> ");
  text = text.substr(0, end + 1);
  // gcc adds "; std::string_view = ..." behind the template argument.
  if (const auto extra = text.find("; std::string_view"); extra != std::string_view::npos) {
    text = text.substr(0, extra);
    text = text.substr(0, text.find_last_not_of(")}];> ") + 1);
  }
  return text.substr(text.find_last_of(".:") + 1);
}

template <class T, std::size_t I>
inline constexpr std::string_view name_of_member = member_name<pointer_box<
    const std::remove_reference_t<std::tuple_element_t<I, decltype(tie_members(fake<T>.object))>>*>{
    &std::get<I>(tie_members(fake<T>.object))}>();
#ifdef __clang__
#pragma clang diagnostic pop
#endif

// Calls `visit(name, member&)` for each member in order, until one returns false. True when all
// returned true.
template <class T, class Visit>
constexpr bool each_member(T& of, Visit&& visit) {
  using plain = std::remove_const_t<T>;
  if constexpr (described<plain>) {
    return std::apply(
        [&](const auto&... field) { return (visit(field.name, of.*(field.member)) && ...); },
        socketio_fields(static_cast<const plain*>(nullptr)));
  } else {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      auto members = tie_members(of);
      return (visit(name_of_member<plain, I>, std::get<I>(members)) && ...);
    }
    (std::make_index_sequence<usable_members<plain>()>{});
  }
}

template <class T>
constexpr auto list_member_names() {
  if constexpr (described<T>) {
    return std::apply(
        [](const auto&... field) { return std::array{std::string_view(field.name)...}; },
        socketio_fields(static_cast<const T*>(nullptr)));
  } else {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<std::string_view, sizeof...(I)>{name_of_member<T, I>...};
    }
    (std::make_index_sequence<usable_members<T>()>{});
  }
}
template <class T>
inline constexpr auto member_names = list_member_names<T>();

}  // namespace socketio::detail

// One line, in the namespace of the struct:  SOCKETIO_FIELDS(order, id, price, items)
#define SOCKETIO_FIELDS(Type, ...)                                                      \
  [[maybe_unused]] constexpr auto socketio_fields(const Type*) noexcept {               \
    using socketio_described = Type;                                                    \
    return std::tuple{SOCKETIO_DETAIL_EXPAND(SOCKETIO_DETAIL_FIELD_LIST(__VA_ARGS__))}; \
  }                                                                                     \
  static_assert(true, "")
#define SOCKETIO_DETAIL_PARENS ()
#define SOCKETIO_DETAIL_EXPAND(...) \
  SOCKETIO_DETAIL_EXPAND3(          \
      SOCKETIO_DETAIL_EXPAND3(SOCKETIO_DETAIL_EXPAND3(SOCKETIO_DETAIL_EXPAND3(__VA_ARGS__))))
#define SOCKETIO_DETAIL_EXPAND3(...) \
  SOCKETIO_DETAIL_EXPAND2(           \
      SOCKETIO_DETAIL_EXPAND2(SOCKETIO_DETAIL_EXPAND2(SOCKETIO_DETAIL_EXPAND2(__VA_ARGS__))))
#define SOCKETIO_DETAIL_EXPAND2(...) \
  SOCKETIO_DETAIL_EXPAND1(SOCKETIO_DETAIL_EXPAND1(SOCKETIO_DETAIL_EXPAND1(__VA_ARGS__)))
#define SOCKETIO_DETAIL_EXPAND1(...) __VA_ARGS__
#define SOCKETIO_DETAIL_FIELD_LIST(first, ...)                       \
  ::socketio::detail::make_field(#first, &socketio_described::first) \
      __VA_OPT__(, SOCKETIO_DETAIL_AGAIN SOCKETIO_DETAIL_PARENS(__VA_ARGS__))
#define SOCKETIO_DETAIL_AGAIN() SOCKETIO_DETAIL_FIELD_LIST
