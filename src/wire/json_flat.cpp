#include "wire/json_flat.hpp"

#include "base/utf8.hpp"
#include "wire/json_scan.hpp"

namespace socketio::wire {
namespace {

using detail::cursor;
using detail::node;

constexpr int digits_max = 18;  // fits 64 bits whatever the digits are

const char* skip_space(const char* at, const char* end) noexcept {
  while (at != end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) ++at;
  return at;
}

// What stands behind `word`; nullptr when it does not stand here.
const char* take_word(const char* at, const char* end, std::string_view word) noexcept {
  const auto left = static_cast<std::size_t>(end - at);
  return std::string_view(at, left).starts_with(word) ? at + word.size() : nullptr;
}

// Behind the integer, or behind as many of its digits as fit; nullptr when it is none.
const char* take_integer(const char* at, const char* end, std::int64_t& number) noexcept {
  const bool negative = *at == '-';
  if (negative) ++at;
  const char* const begin = at;
  std::int64_t value = 0;
  while (at != end && *at >= '0' && *at <= '9' && at - begin < digits_max)
    value = value * 10 + (*at++ - '0');
  const auto digits = at - begin;
  if (digits == 0 || (*begin == '0' && digits > 1)) return nullptr;
  number = negative ? -value : value;
  return at;
}

}  // namespace

bool json_flat::parse(std::string_view text) noexcept {
  count_ = 0;
  const char* const end = text.data() + text.size();
  const char* at = skip_space(text.data(), end);
  if (at == end || *at != '[') return false;
  at = skip_space(at + 1, end);
  if (at == end || *at == ']') return false;  // an empty array is nobody's event
  for (;;) {
    if (count_ == elements_.size() || at == end) return false;
    at = take_element(at, end);
    if (!at) return false;
    ++count_;
    at = skip_space(at, end);
    if (at == end) return false;
    if (*at == ']') return skip_space(at + 1, end) == end;
    if (*at != ',') return false;  // also a fraction or an exponent
    at = skip_space(at + 1, end);
  }
}

const char* json_flat::take_element(const char* at, const char* end) noexcept {
  element& to = elements_[count_];
  switch (*at) {
    case '"': {
      const std::string_view rest(at + 1, static_cast<std::size_t>(end - at - 1));
      bool ascii = true;
      const std::size_t length = find_end_of_plain(rest, 0, ascii);
      if (length == rest.size() || rest[length] != '"') return nullptr;
      to.type = kind::string;
      to.text = rest.substr(0, length);
      if (!ascii && !is_utf8(to.text)) return nullptr;
      return at + length + 2;
    }
    case 't':
      to.type = kind::boolean;
      to.number = 1;
      return take_word(at, end, "true");
    case 'f':
      to.type = kind::boolean;
      to.number = 0;
      return take_word(at, end, "false");
    case 'n': to.type = kind::null; return take_word(at, end, "null");
    default: to.type = kind::integer; return take_integer(at, end, to.number);
  }
}

const json_flat::element* json_flat::element_at(node at, kind wanted) const noexcept {
  if (at.a == root_index || elements_[at.a].type != wanted) return nullptr;
  return &elements_[at.a];
}

kind json_flat::type(node at) const noexcept {
  return at.a == root_index ? kind::array : elements_[at.a].type;
}

bool json_flat::get(node at, bool& out) const noexcept {
  const element* const found = element_at(at, kind::boolean);
  if (found) out = found->number != 0;
  return found;
}

bool json_flat::get(node at, std::int64_t& out) const noexcept {
  const element* const found = element_at(at, kind::integer);
  if (found) out = found->number;
  return found;
}

bool json_flat::get(node at, std::uint64_t& out) const noexcept {
  const element* const found = element_at(at, kind::integer);
  if (!found || found->number < 0) return false;
  out = static_cast<std::uint64_t>(found->number);
  return true;
}

bool json_flat::get(node at, double& out) const noexcept {
  const element* const found = element_at(at, kind::integer);
  if (found) out = static_cast<double>(found->number);
  return found;
}

bool json_flat::get_string(node at, std::string_view& out) const noexcept {
  const element* const found = element_at(at, kind::string);
  if (found) out = found->text;
  return found;
}

bool json_flat::open(node at, cursor& where) const noexcept {
  where = {{0, 0}, {count_, 0}, false};
  return at.a == root_index;
}

bool json_flat::next(cursor& where, node& found, std::string_view&) const noexcept {
  if (where.at.a == where.end.a) return false;
  found = where.at;
  ++where.at.a;
  return true;
}

}  // namespace socketio::wire
