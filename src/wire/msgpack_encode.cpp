// The writing half of msgpack.hpp.
#include "base/utf8.hpp"
#include "wire/msgpack.hpp"

#include <bit>
#include <cmath>
#include <initializer_list>

namespace socketio::wire {
namespace {

// `width` bytes of the number, the highest first.
void append_number(std::uint64_t number, int width, std::string& out) {
  for (int shift = (width - 1) * 8; shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift & 0xFF);
}

void append(unsigned char prefix, std::uint64_t number, int width, std::string& out) {
  out += static_cast<char>(prefix);
  append_number(number, width, out);
}

void append_unsigned(std::uint64_t number, std::string& out) {
  if (number < 0x80) return append_number(number, 1, out);
  if (number < 0x100) return append(0xcc, number, 1, out);
  if (number < 0x10000) return append(0xcd, number, 2, out);
  if (number < 0x1'0000'0000) return append(0xce, number, 4, out);
  append(0xcf, number, 8, out);
}

void append_signed(std::int64_t number, std::string& out) {
  const auto bits = static_cast<std::uint64_t>(number);
  if (number >= 0) return append_unsigned(bits, out);
  if (number >= -0x20) return append_number(bits, 1, out);
  if (number >= -0x80) return append(0xd0, bits, 1, out);
  if (number >= -0x8000) return append(0xd1, bits, 2, out);
  if (number >= -0x80000000LL) return append(0xd2, bits, 4, out);
  append(0xd3, bits, 8, out);
}

// A whole number is one, as it is in JavaScript.
void append_double(double number, std::string& out) {
  const bool whole = number == std::trunc(number);
  if (whole && number >= -0x1p63 && number < 0x1p63)
    return append_signed(static_cast<std::int64_t>(number), out);
  if (whole && number >= 0 && number < 0x1p64)
    return append_unsigned(static_cast<std::uint64_t>(number), out);
  append(0xcb, std::bit_cast<std::uint64_t>(number), 8, out);
}

// The prefixes for a size: the short form if there is one, then 8, 16 and 32 bits; 0 for none.
struct prefixes {
  unsigned char brief, brief_max, bits_8, bits_16, bits_32;
};
constexpr prefixes of_string{0xa0, 31, 0xd9, 0xda, 0xdb};
constexpr prefixes of_binary{0, 0, 0xc4, 0xc5, 0xc6};
constexpr prefixes of_array{0x90, 15, 0, 0xdc, 0xdd};
constexpr prefixes of_map{0x80, 15, 0, 0xde, 0xdf};

void append_size(const prefixes& of, std::size_t size, std::string& out) {
  if (of.brief != 0 && size <= of.brief_max) return append_number(of.brief | size, 1, out);
  if (of.bits_8 != 0 && size < 0x100) return append(of.bits_8, size, 1, out);
  if (size < 0x10000) return append(of.bits_16, size, 2, out);
  append(of.bits_32, size, 4, out);
}

void append_string(std::string_view text, std::string& out) {
  if (is_utf8(text)) {
    append_size(of_string, text.size(), out);
    out += text;
    return;
  }
  std::string repaired;
  append_as_utf8(text, repaired);
  append_string(repaired, out);
}

}  // namespace

void append_msgpack(const value& what, std::string& out) {
  switch (what.type()) {
    case kind::null: return append_number(0xc0, 1, out);
    case kind::boolean: return append_number(*what.as_bool() ? 0xc3 : 0xc2, 1, out);
    case kind::integer: return append_signed(*what.as_integer(), out);
    case kind::number: return append_double(*what.as_number(), out);
    case kind::string: return append_string(*what.as_string(), out);
    case kind::binary:
      append_size(of_binary, what.as_binary()->size(), out);
      out += what.as_binary()->view();
      return;
    case kind::array:
      append_size(of_array, what.as_array()->size(), out);
      for (const value& element : *what.as_array()) append_msgpack(element, out);
      return;
    case kind::object:
      append_size(of_map, what.as_object()->size(), out);
      for (const auto& [name, member] : *what.as_object()) {
        append_string(name, out);
        append_msgpack(member, out);
      }
      return;
  }
}

}  // namespace socketio::wire
