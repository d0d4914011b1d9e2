// value: any JSON value, with binary as a kind of its own. For code that does not know its types in
// advance; handlers with typed parameters never build one. Value type: copies are deep. Objects
// keep the order in which members arrived.
#pragma once

#include "socketio/binary.hpp"
#include "socketio/input.hpp"
#include "socketio/output.hpp"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
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

  value() = default;  // null
  value(std::nullptr_t) {}
  value(bool what) : state_(what) {}
  template <std::integral Int>
  requires(!std::same_as<Int, bool>) value(Int what) : state_(static_cast<std::int64_t>(what)) {
    // Beyond 63 bits it is a number, as in JavaScript.
    if constexpr (std::unsigned_integral<Int>) {
      constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
      if (what > most) state_ = static_cast<double>(what);
    }
  }
  value(double what) : state_(what) {}
  value(const char* what) : state_(std::string(what)) {}
  value(std::string_view what) : state_(std::string(what)) {}
  value(std::string what) : state_(std::move(what)) {}
  value(socketio::binary what) : state_(std::move(what)) {}
  value(array what) : state_(std::move(what)) {}
  value(object what) : state_(std::move(what)) {}

  // value::list({1, "two"}) and value::map({{"a", 1}}), because braces alone would be ambiguous.
  static value list(std::initializer_list<value> elements) { return array(elements); }
  static value map(std::initializer_list<member> members) { return object(members); }
  // The tree behind an input. Of members with the same name the last counts, as for JSON.parse.
  static value from(const input& in);

  kind type() const noexcept;
  bool is_null() const noexcept { return type() == kind::null; }

  // nullptr when it is of another kind.
  const bool* as_bool() const noexcept { return std::get_if<bool>(&state_); }
  const std::int64_t* as_integer() const noexcept { return std::get_if<std::int64_t>(&state_); }
  const double* as_number() const noexcept { return std::get_if<double>(&state_); }
  const std::string* as_string() const noexcept { return std::get_if<std::string>(&state_); }
  const socketio::binary* as_binary() const noexcept {
    return std::get_if<socketio::binary>(&state_);
  }
  const array* as_array() const noexcept { return std::get_if<array>(&state_); }
  const object* as_object() const noexcept { return std::get_if<object>(&state_); }

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

  friend bool operator==(const value&, const value&) = default;

 private:
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
