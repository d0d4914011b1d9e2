// A reader for what most events are: a short array of plain strings, integers, booleans and nulls,
// such as ["move",12,-3,true]. It reads in place; nothing is copied and no tape is built.
//
// Why it stands beside simdjson: the fixed costs of a general parser (copying into a padded buffer,
// two passes, a tape, an iterator over the tape) are a third of the user time of a small event
// (docs/adr/0005). It takes only texts whose meaning leaves no room for doubt. Everything else -
// escapes, fractions, objects, nested arrays, more elements, anything malformed - is refused, and
// simdjson decides. Tested by tests/unit/wire/json_flat_test.cpp; fuzz/json_fuzz.cpp compares the
// two.
#pragma once

#include "socketio/input.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace socketio::wire {

class json_flat final : public detail::input_source {
 public:
  // False: this text is not for us. `text` must outlive the inputs, which are valid until the next
  // parse.
  bool parse(std::string_view text) noexcept;
  input root() const noexcept { return {this, {root_index, 0}}; }

  kind type(detail::node at) const noexcept override;
  bool get(detail::node at, bool& out) const noexcept override;
  bool get(detail::node at, std::int64_t& out) const noexcept override;
  bool get(detail::node at, std::uint64_t& out) const noexcept override;
  bool get(detail::node at, double& out) const noexcept override;
  bool get_string(detail::node at, std::string_view& out) const noexcept override;
  bool get_binary(detail::node, std::string_view&) const noexcept override { return false; }
  bool open(detail::node at, detail::cursor& where) const noexcept override;
  bool next(detail::cursor& where, detail::node& found,
            std::string_view& key) const noexcept override;

 private:
  static constexpr std::uint64_t root_index = ~std::uint64_t{0};
  struct element {
    kind type = kind::null;
    std::int64_t number = 0;  // also of a boolean
    std::string_view text;
  };
  const element* element_at(detail::node at, kind wanted) const noexcept;
  const char* take_element(const char* at, const char* end) noexcept;

  std::array<element, 8> elements_;
  std::size_t count_ = 0;
};

}  // namespace socketio::wire
