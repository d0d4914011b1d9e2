// result<T>: a value or the std::error_code that says why there is none.
// It has the shape of std::expected<T, std::error_code>, but it is always this type, whatever -std=
// says, so that the library and its user agree on it. Nothing that a peer or the network does
// throws: it arrives as one of these.
#pragma once

#include "socketio/detail/exceptions.hpp"

#include <cassert>
#include <system_error>
#include <utility>
#include <variant>

namespace socketio {

template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(std::error_code error) : state_(std::in_place_index<1>, error) { assert(error); }
  template <class Enum>
  requires std::is_error_code_enum_v<Enum> result(Enum error) : result(make_error_code(error)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  // The value; only valid when has_value().
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  // The value; throws std::system_error when there is none.
  T& value() & {
    if (!has_value()) SOCKETIO_THROW(std::system_error(error()));
    return **this;
  }
  T value() && {
    if (!has_value()) SOCKETIO_THROW(std::system_error(error()));
    return std::move(**this);
  }
  T value_or(T otherwise) const& { return has_value() ? **this : std::move(otherwise); }

  // The error; an empty code when there is a value.
  std::error_code error() const noexcept {
    const auto* error = std::get_if<1>(&state_);
    return error ? *error : std::error_code{};
  }

 private:
  std::variant<T, std::error_code> state_;
};

template <>
class [[nodiscard]] result<void> {
 public:
  result() = default;
  result(std::error_code error) : error_(error) {}
  template <class Enum>
  requires std::is_error_code_enum_v<Enum> result(Enum error) : error_(make_error_code(error)) {}

  bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return has_value(); }
  std::error_code error() const noexcept { return error_; }

 private:
  std::error_code error_;
};

}  // namespace socketio
