// The tree of values, and the source that lets `input` read from it. Tested by
// tests/unit/base/value_test.cpp.
#include "socketio/value.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace socketio {
namespace {

const value null_value;

const value& at(detail::node where) noexcept {
  return *std::bit_cast<const value*>(static_cast<std::uintptr_t>(where.a));
}
detail::node node_of(const value& what) noexcept {
  return {static_cast<std::uint64_t>(std::bit_cast<std::uintptr_t>(&what)), 0};
}

// A number without fraction that fits is an integer too: 3.0 is 3. But -2^63 is what smaller
// integers are rounded to.
template <class Int>
bool integer_from(double number, Int& out) noexcept {
  constexpr double lowest = static_cast<double>(std::numeric_limits<Int>::min());
  constexpr double beyond =
      2.0 * static_cast<double>(std::uint64_t{1} << (std::numeric_limits<Int>::digits - 1));
  const bool low = std::is_signed_v<Int> ? number <= lowest : number < lowest;
  if (low || !(number < beyond) || std::trunc(number) != number) return false;
  out = static_cast<Int>(number);
  return true;
}

// Cursor of an array or object: `at.a` is the container, `at.b` the next index.
class source final : public detail::input_source {
 public:
  kind type(detail::node where) const noexcept override { return at(where).type(); }
  bool get(detail::node where, bool& out) const noexcept override {
    const bool* found = at(where).as_bool();
    if (found) out = *found;
    return found != nullptr;
  }
  bool get(detail::node where, std::int64_t& out) const noexcept override {
    if (const auto* found = at(where).as_integer()) return out = *found, true;
    if (const auto* found = at(where).as_number()) return integer_from(*found, out);
    return false;
  }
  bool get(detail::node where, std::uint64_t& out) const noexcept override {
    if (const auto* found = at(where).as_integer()) {
      if (*found < 0) return false;
      out = static_cast<std::uint64_t>(*found);
      return true;
    }
    if (const auto* found = at(where).as_number()) return integer_from(*found, out);
    return false;
  }
  bool get(detail::node where, double& out) const noexcept override {
    if (const auto* found = at(where).as_number()) return out = *found, true;
    if (const auto* found = at(where).as_integer()) return out = static_cast<double>(*found), true;
    return false;
  }
  bool get_string(detail::node where, std::string_view& out) const noexcept override {
    const auto* found = at(where).as_string();
    if (found) out = *found;
    return found != nullptr;
  }
  bool get_binary(detail::node where, std::string_view& out) const noexcept override {
    const auto* found = at(where).as_binary();
    if (found) out = found->view();
    return found != nullptr;
  }
  bool open(detail::node where, detail::cursor& out) const noexcept override {
    const kind what = at(where).type();
    if (what != kind::array && what != kind::object) return false;
    out.at = {where.a, 0};
    return true;
  }
  bool next(detail::cursor& where, detail::node& element,
            std::string_view& key) const noexcept override {
    const value& container = at(where.at);
    const std::size_t index = where.at.b;
    if (const auto* elements = container.as_array()) {
      if (index == elements->size()) return false;
      element = node_of((*elements)[index]);
    } else {
      const auto& members = *container.as_object();
      if (index == members.size()) return false;
      key = members[index].first;
      element = node_of(members[index].second);
    }
    where.at.b++;
    return true;
  }
};

value array_from(const input& in) {
  value::array elements;
  input::walk walk(in);
  for (input element; walk.next(element);) elements.push_back(value::from(element));
  return elements;
}

// Of members with one name the last value counts, at the place of the first, as for JSON.parse.
// Positions are sorted by name, which keeps this cheap when somebody sends thousands of members.
void drop_duplicates(value::object& members) {
  if (members.size() < 2) return;
  std::vector<std::uint32_t> order(members.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto name_of = [&](std::uint32_t at) -> const std::string& { return members[at].first; };
  std::ranges::stable_sort(order, {}, name_of);
  if (std::ranges::adjacent_find(order, {}, name_of) == order.end()) return;
  std::vector<bool> dropped(members.size());
  for (std::size_t i = 0, next = 0; i < order.size(); i = next) {
    for (next = i + 1; next < order.size() && name_of(order[next]) == name_of(order[i]); next++)
      dropped[order[next]] = true;
    if (next > i + 1) members[order[i]].second = std::move(members[order[next - 1]].second);
  }
  std::size_t at = 0;
  std::erase_if(members, [&](const auto&) { return dropped[at++]; });
}

value object_from(const input& in) {
  value::object members;
  input::walk walk(in);
  std::string_view key;
  for (input element; walk.next(key, element);)
    members.emplace_back(std::string(key), value::from(element));
  drop_duplicates(members);
  return members;
}

// The last member of that name; nullptr when there is none.
template <class Members>
auto* find_last(Members& members, std::string_view key) noexcept {
  for (auto at = members.rbegin(); at != members.rend(); ++at)
    if (at->first == key) return &at->second;
  return decltype(&members.front().second){};
}

template <class T>
T read(const input& in) {
  T out{};
  in.get(out);
  return out;
}

}  // namespace

value::value() noexcept = default;
value::value(std::nullptr_t) noexcept {}
value::value(bool what) noexcept : state_(what) {}
value::value(double what) noexcept : state_(what) {}
value::value(integer, std::uint64_t bits, bool is_signed) noexcept {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (is_signed || bits <= most)
    state_ = static_cast<std::int64_t>(bits);
  else
    state_ = static_cast<double>(bits);
}
value::value(const char* what) : state_(std::string(what)) {}
value::value(std::string_view what) : state_(std::string(what)) {}
value::value(std::string what) : state_(std::move(what)) {}
value::value(socketio::binary what) : state_(std::move(what)) {}
value::value(array what) : state_(std::move(what)) {}
value::value(object what) : state_(std::move(what)) {}

value::value(const value&) = default;
value::value(value&&) noexcept = default;
value& value::operator=(const value&) = default;
value& value::operator=(value&&) noexcept = default;
value::~value() = default;

value value::list(std::initializer_list<value> elements) { return array(elements); }
value value::map(std::initializer_list<member> members) { return object(members); }

bool operator==(const value& a, const value& b) { return a.state_ == b.state_; }

const bool* value::as_bool() const noexcept { return std::get_if<bool>(&state_); }
const std::int64_t* value::as_integer() const noexcept {
  return std::get_if<std::int64_t>(&state_);
}
const double* value::as_number() const noexcept { return std::get_if<double>(&state_); }
const std::string* value::as_string() const noexcept { return std::get_if<std::string>(&state_); }
const binary* value::as_binary() const noexcept { return std::get_if<socketio::binary>(&state_); }
const value::array* value::as_array() const noexcept { return std::get_if<array>(&state_); }
const value::object* value::as_object() const noexcept { return std::get_if<object>(&state_); }

value value::from(const input& in) {
  switch (in.type()) {
    case kind::null: return {};
    case kind::boolean: return read<bool>(in);
    case kind::integer: {
      std::int64_t out = 0;
      if (in.get(out)) return out;
      return read<double>(in);  // beyond int64: JavaScript would have had a double, too
    }
    case kind::number: return read<double>(in);
    case kind::string: {
      std::string_view text;
      in.get_string(text);
      return text;
    }
    case kind::binary: {
      std::string_view bytes;
      in.get_binary(bytes);
      return socketio::binary(bytes);
    }
    case kind::array: return array_from(in);
    case kind::object: return object_from(in);
  }
  return {};
}

kind value::type() const noexcept {
  static constexpr kind kinds[] = {kind::null,   kind::boolean, kind::integer, kind::number,
                                   kind::string, kind::binary,  kind::array,   kind::object};
  return kinds[state_.index()];
}

const value& value::operator[](std::string_view key) const noexcept {
  const auto* members = as_object();
  const value* found = members ? find_last(*members, key) : nullptr;
  return found ? *found : null_value;
}

value& value::operator[](std::string_view key) {
  if (is_null()) state_ = object{};
  auto* members = std::get_if<object>(&state_);
  if (!members)
    throw std::logic_error("a member of a value that is not an object: \"" + std::string(key) +
                           "\"");
  if (value* found = find_last(*members, key)) return *found;
  return members->emplace_back(std::string(key), value{}).second;
}

const value& value::operator[](std::size_t index) const noexcept {
  const auto* elements = as_array();
  return elements && index < elements->size() ? (*elements)[index] : null_value;
}

bool value::contains(std::string_view key) const noexcept {
  const auto* members = as_object();
  return members && find_last(*members, key);
}

void value::write(output& out) const {
  switch (type()) {
    case kind::null: return out.null();
    case kind::boolean: return out.boolean(*as_bool());
    case kind::integer: return out.integer(*as_integer());
    case kind::number: return out.number(*as_number());
    case kind::string: return out.string(*as_string());
    case kind::binary: return out.binary(as_binary()->bytes());
    case kind::array:
      out.begin_array(as_array()->size());
      for (const value& element : *as_array()) element.write(out);
      return out.end_array();
    case kind::object:
      out.begin_object(as_object()->size());
      for (const auto& [name, what] : *as_object()) {
        out.key(name);
        what.write(out);
      }
      return out.end_object();
  }
}

const detail::input_source& detail::value_source() noexcept {
  static const source instance;
  return instance;
}

input detail::input_of(const value& of) noexcept { return {&value_source(), node_of(of)}; }

}  // namespace socketio
