// value: any JSON value, with binary as a kind of its own. For code that does not know its types in
// advance; handlers with typed parameters never build one. Value type: copies are deep. Objects
// keep the order in which members arrived. Nothing that needs the variant is inline: every user
// would compile it again.
#pragma once

#include "socketio/binary.hpp"
#include "socketio/input.hpp"
#include "socketio/output.hpp"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace socketio {

class value {
 public:
  using array = std::vector<value>;
  using member = std::pair<std::string, value>;
  using object = std::vector<member>;

  value() noexcept;  // null
  value(std::nullptr_t) noexcept;
  value(bool what) noexcept;
  template <std::integral Int>
  requires(!std::same_as<Int, bool>) value(Int what)
  noexcept
      // Beyond 63 bits it is a number, as in JavaScript.
      : value(integer::of, static_cast<std::uint64_t>(what), std::signed_integral<Int>) {}
  value(double what) noexcept;
  value(const char* what);
  value(std::string_view what);
  value(std::string what);
  value(socketio::binary what);
  value(array what);
  value(object what);
  value(const value& other);
  value(value&& other) noexcept;
  value& operator=(const value& other);
  value& operator=(value&& other) noexcept;
  ~value();

  // value::list({1, "two"}) and value::map({{"a", 1}}), because braces alone would be ambiguous.
  static value list(std::initializer_list<value> elements);
  static value map(std::initializer_list<member> members);
  // The tree behind an input. Of members with the same name the last counts, as for JSON.parse.
  static value from(const input& in);

  kind type() const noexcept;
  bool is_null() const noexcept { return type() == kind::null; }

  // nullptr when it is of another kind.
  const bool* as_bool() const noexcept;
  const std::int64_t* as_integer() const noexcept;
  const double* as_number() const noexcept;
  const std::string* as_string() const noexcept;
  const socketio::binary* as_binary() const noexcept;
  const array* as_array() const noexcept;
  const object* as_object() const noexcept;

  // The member of that name (of several the last), or a null value; for objects and whatever else
  // alike.
  const value& operator[](std::string_view key) const noexcept;
  // Adds the member if it is not there; a null value becomes an object first. Throws
  // std::logic_error on other kinds.
  value& operator[](std::string_view key);
  // The element at `index`, or a null value.
  const value& operator[](std::size_t index) const noexcept;
  bool contains(std::string_view key) const noexcept;

  void write(output& out) const;
  // For logs and tests: compact JSON, binary as {"$binary":bytes}.
  std::string to_string() const;

  friend bool operator==(const value& a, const value& b);

 private:
  enum class integer { of };
  value(integer, std::uint64_t bits, bool is_signed) noexcept;

  std::variant<std::monostate, bool, std::int64_t, double, std::string, socketio::binary, array,
               object>
      state_;
};

using values = std::vector<value>;

// Arguments whose number is known at run time only. As the last parameter of a handler, or of the
// callback of an acknowledgement: all that are left. As an argument of emit() or of an answer: as
// many arguments as it has elements.
struct rest {
  values all;
};

namespace detail {

// Reads values through `input`, so that a handler cannot tell them from a packet.
const input_source& value_source() noexcept;
// Valid as long as `of`.
input input_of(const value& of) noexcept;

}  // namespace detail
}  // namespace socketio
