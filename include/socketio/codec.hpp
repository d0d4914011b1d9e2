// How C++ types travel: decode() reads a parameter of a handler straight from the packet, encode()
// writes an argument of emit(). Covered: bool, integers (range checked), floating point, strings,
// std::optional (null or absent), vectors and other ranges, arrays, pairs and tuples (fixed
// arrays), maps with string keys, enums (their number), binary and std::vector<std::byte>, value,
// and structs: plain aggregates as they are, others with SOCKETIO_FIELDS. For anything else
// specialise socketio::codec<T>.
#pragma once

#include "socketio/binary.hpp"
#include "socketio/detail/fields.hpp"
#include "socketio/input.hpp"
#include "socketio/output.hpp"
#include "socketio/value.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace socketio {

// Specialise with: static bool decode(const input&, T&); static void encode(output&, const T&);
template <class T>
struct codec;

template <class T>
bool decode(const input& in, T& out);
template <class T>
void encode(output& out, const T& what);

namespace detail {

template <class T>
concept has_codec = requires(const input& in, output& out, T& what) {
  { codec<T>::decode(in, what) } -> std::same_as<bool>;
  codec<T>::encode(out, what);
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
concept iterable = requires(const T& range) {  // <ranges> would cost every user a fifth of a second
  std::begin(range);
  std::end(range);
  std::size(range);
};

template <class T>  // of vector<bool> it is bool, and not its proxy
using iterated = std::iter_value_t<decltype(std::begin(std::declval<const T&>()))>;

template <class T>
concept tuple_like = requires {
  std::tuple_size<T>::value;
}
&&!iterable<T>;

template <class T>
concept string_map = requires(T map, typename T::key_type key, typename T::mapped_type what) {
  map.emplace(key, what);
  requires std::constructible_from<typename T::key_type, std::string_view>;
  requires std::convertible_to<typename T::key_type, std::string_view>;
};

template <class T>
concept sequence = requires(T range, typename T::value_type what) {
  range.clear();
  range.insert(range.end(), std::move(what));
}
&&!string_map<T>;

template <class T>
inline constexpr bool unsupported = false;

template <class Tuple>
bool decode_tuple(const input& in, Tuple& out) {
  if (in.type() != kind::array) return false;
  input::walk walk(in);
  return std::apply(
      [&](auto&... element) {
        return ([&] {
          input at;
          walk.next(at);  // an absent element is null: fine for optionals
          return decode(at, element);
        }() && ...);
      },
      out);
}

void take_rest(input::walk& walk, rest& out);

// The same for the arguments of an acknowledgement, where `rest` takes what is left.
template <class Tuple>
bool decode_arguments(const input& in, Tuple& out) {
  if (in.type() != kind::array) return false;
  input::walk walk(in);
  const auto one = [&walk](auto& argument) {
    if constexpr (std::same_as<std::decay_t<decltype(argument)>, rest>) {
      return take_rest(walk, argument), true;
    } else {
      input at;
      walk.next(at);
      return decode(at, argument);
    }
  };
  return std::apply([&](auto&... argument) { return (one(argument) && ...); }, out);
}

// Of members with one name the last counts, as for JSON.parse; one that is absent is null. Each
// value is decoded at most once, also of those that fail: a struct that contains itself would make
// a second try exponential.
template <class T>
bool decode_struct(const input& in, T& out) {
  if (in.type() != kind::object) return false;
  constexpr auto& names = member_names<T>;
  std::array<input, names.size()> found;
  input::walk walk(in);
  std::string_view key;
  std::size_t next = 0;  // usually all members arrive in the order of declaration
  for (input at; walk.next(key, at);) {
    const bool in_order = next < names.size() && names[next] == key;
    const auto name = in_order ? names.begin() + next : std::find(names.begin(), names.end(), key);
    if (name == names.end()) continue;
    next = static_cast<std::size_t>(name - names.begin());
    found[next++] = at;
  }
  const input* from = found.data();
  return each_member(out,
                     [&from](std::string_view, auto& member) { return decode(*from++, member); });
}

// What the following make themselves, before they decode it.
template <class T>
constexpr void check_can_be_made() {
  static_assert(std::is_default_constructible_v<T>,
                "what is received needs a default constructor: give it one, or its members initial "
                "values");
}

template <class Map>
bool decode_map(const input& in, Map& out) {
  check_can_be_made<typename Map::mapped_type>();
  if (in.type() != kind::object) return false;
  out.clear();
  input::walk walk(in);
  std::string_view key;
  for (input at; walk.next(key, at);) {
    typename Map::mapped_type element{};
    if (!decode(at, element)) return false;
    out.insert_or_assign(typename Map::key_type(key), std::move(element));
  }
  return true;
}

template <class Sequence>
bool decode_sequence(const input& in, Sequence& out) {
  check_can_be_made<typename Sequence::value_type>();
  if (in.type() != kind::array) return false;
  out.clear();
  input::walk walk(in);
  for (input at; walk.next(at);) {
    typename Sequence::value_type element{};
    if (!decode(at, element)) return false;
    out.insert(out.end(), std::move(element));
  }
  return true;
}

template <class Int>
bool decode_integer(const input& in, Int& out) {
  using wide = std::conditional_t<std::is_signed_v<Int>, std::int64_t, std::uint64_t>;
  wide number = 0;
  if (!in.get(number)) return false;
  if (number < static_cast<wide>(std::numeric_limits<Int>::min()) ||
      number > static_cast<wide>(std::numeric_limits<Int>::max()))
    return false;
  out = static_cast<Int>(number);
  return true;
}

inline std::span<const std::byte> as_bytes(std::string_view bytes) noexcept {
  return std::as_bytes(std::span<const char>(bytes.data(), bytes.size()));
}

template <class Tuple>
void encode_tuple(output& out, const Tuple& what) {
  out.begin_array(std::tuple_size_v<Tuple>);
  std::apply([&](const auto&... element) { (encode(out, element), ...); }, what);
  out.end_array();
}

template <class T>
void encode_struct(output& out, const T& what) {
  std::size_t members = 0;
  each_member(what, [&](std::string_view, const auto&) { return ++members, true; });
  out.begin_object(members);
  each_member(what, [&](std::string_view name, const auto& member) {
    out.key(name);
    encode(out, member);
    return true;
  });
  out.end_object();
}

std::string join(std::initializer_list<std::string> names);
std::string integer_name(std::int64_t least, std::uint64_t most);

template <class Tuple>
struct tuple_names;
template <template <class...> class Tuple, class... T>
struct tuple_names<Tuple<T...>> {
  static std::string list();
};

// What a parameter of type T accepts, in the words of JavaScript: clients are told. Of structs only
// the names of the members, so that it ends also for structs that contain themselves.
template <class T>
std::string name_for_clients() {
  if constexpr (has_codec<T>)
    return "another value";
  else if constexpr (std::same_as<T, bool>)
    return "boolean";
  else if constexpr (std::is_enum_v<T>)
    return "integer";
  else if constexpr (std::integral<T>)
    return integer_name(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
  else if constexpr (std::same_as<T, float>)
    return "number from -3.4028235e38 to 3.4028235e38";
  else if constexpr (std::floating_point<T>)
    return "number";
  else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>)
    return "string";
  else if constexpr (std::same_as<T, binary> || std::same_as<T, std::span<const std::byte>> ||
                     std::same_as<T, std::vector<std::byte>>)
    return "binary";
  else if constexpr (is_optional<T>)
    return name_for_clients<typename T::value_type>() + " or null";
  else if constexpr (std::same_as<T, std::nullptr_t> || std::same_as<T, std::monostate>)
    return "null";
  else if constexpr (tuple_like<T>)
    return "array of " + tuple_names<T>::list();
  else if constexpr (string_map<T>)
    return "object";
  else if constexpr (iterable<T>)
    return "array of " + name_for_clients<iterated<T>>();
  else if constexpr (described<T> || plain_aggregate<T>) {
    std::string names;
    T example{};
    each_member(example, [&](std::string_view name, const auto&) {
      (names += names.empty() ? "" : ", ") += name;
      return true;
    });
    return "object with " + names;
  } else
    return "any value";
}

template <template <class...> class Tuple, class... T>
std::string tuple_names<Tuple<T...>>::list() {
  return join({name_for_clients<T>()...});
}

}  // namespace detail

// Reads `in` into `out`; false when it does not fit (then `out` holds something valid but
// unspecified). Strings and spans decoded as views are valid during the call that handed out `in`.
template <class T>
bool decode(const input& in, T& out) {
  using namespace detail;
  static_assert(!std::same_as<T, rest>,
                "rest stands for arguments, not for a value: receive socketio::values");
  if constexpr (has_codec<T>)
    return codec<T>::decode(in, out);
  else if constexpr (std::same_as<T, bool> || std::same_as<T, double>)
    return in.get(out);
  else if constexpr (std::same_as<T, input>)
    return out = in, true;
  else if constexpr (std::same_as<T, value>)
    return out = value::from(in), true;
  else if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> number{};
    if (!decode(in, number)) return false;
    out = static_cast<T>(number);
    return true;
  } else if constexpr (std::integral<T>)
    return decode_integer(in, out);
  else if constexpr (std::floating_point<T>) {
    double number = 0;
    if (!in.get(number)) return false;
    constexpr long double of_type = std::numeric_limits<T>::max();
    constexpr long double of_double = std::numeric_limits<double>::max();
    constexpr double most = static_cast<double>(of_type < of_double ? of_type : of_double);
    if (number > most || number < -most) return false;  // converting it would be undefined
    out = static_cast<T>(number);
    return true;
  } else if constexpr (std::same_as<T, std::string_view>)
    return in.get_string(out);
  else if constexpr (std::same_as<T, std::string>) {
    std::string_view text;
    if (!in.get_string(text)) return false;
    out = text;
    return true;
  } else if constexpr (std::same_as<T, binary> || std::same_as<T, std::span<const std::byte>>) {
    std::string_view bytes;
    if (!in.get_binary(bytes)) return false;
    out = T(as_bytes(bytes));
    return true;
  } else if constexpr (std::same_as<T, std::vector<std::byte>>) {
    std::string_view bytes;
    if (!in.get_binary(bytes)) return false;
    const auto from = as_bytes(bytes);
    out.assign(from.begin(), from.end());
    return true;
  } else if constexpr (is_optional<T>) {
    if (in.type() == kind::null) return out.reset(), true;
    return decode(in, out.emplace());
  } else if constexpr (std::same_as<T, std::nullptr_t> || std::same_as<T, std::monostate>) {
    return in.type() == kind::null;
  } else if constexpr (tuple_like<T>)
    return decode_tuple(in, out);
  else if constexpr (string_map<T>)
    return decode_map(in, out);
  else if constexpr (sequence<T>)
    return decode_sequence(in, out);
  else if constexpr (iterable<T> && requires { std::tuple_size<T>::value; })
    return decode_tuple(in, out);
  else if constexpr (described<T> || plain_aggregate<T>)
    return decode_struct(in, out);
  else
    static_assert(
        unsupported<T>,
        "cannot receive this type: describe it with SOCKETIO_FIELDS or specialise socketio::codec");
}

template <class T>
void encode(output& out, const T& what) {
  using namespace detail;
  static_assert(!std::same_as<T, rest>,
                "rest stands for arguments, not for a value: send its `all`");
  if constexpr (has_codec<T>)
    codec<T>::encode(out, what);
  else if constexpr (std::same_as<T, bool>)
    out.boolean(what);
  else if constexpr (std::same_as<T, value>)
    what.write(out);
  else if constexpr (std::same_as<T, input>)
    value::from(what).write(out);
  else if constexpr (std::same_as<T, std::nullptr_t> || std::same_as<T, std::monostate>)
    out.null();
  else if constexpr (std::is_enum_v<T>)
    encode(out, static_cast<std::underlying_type_t<T>>(what));
  else if constexpr (std::signed_integral<T>)
    out.integer(what);
  else if constexpr (std::unsigned_integral<T>)
    out.unsigned_integer(what);
  else if constexpr (std::floating_point<T>)
    out.number(what);
  else if constexpr (std::convertible_to<const T&, std::string_view>)
    out.string(what);
  else if constexpr (std::same_as<T, binary>)
    out.binary(what.bytes());
  else if constexpr (std::same_as<T, std::vector<std::byte>> ||
                     std::same_as<T, std::span<const std::byte>>)
    out.binary(what);
  else if constexpr (is_optional<T>) {
    if (what)
      encode(out, *what);
    else
      out.null();
  } else if constexpr (tuple_like<T>)
    encode_tuple(out, what);
  else if constexpr (string_map<T>) {
    out.begin_object(what.size());
    for (const auto& [key, element] : what) {
      out.key(key);
      encode(out, element);
    }
    out.end_object();
  } else if constexpr (iterable<T>) {
    using element_type = iterated<T>;
    out.begin_array(std::size(what));
    for (const auto& element : what) encode(out, static_cast<const element_type&>(element));
    out.end_array();
  } else if constexpr (described<T> || plain_aggregate<T>)
    encode_struct(out, what);
  else
    static_assert(
        unsupported<T>,
        "cannot send this type: describe it with SOCKETIO_FIELDS or specialise socketio::codec; if "
        "it is a callback for the answer, it needs one signature: no auto parameters");
}

}  // namespace socketio
