// The writing half of json.hpp: the text that JSON.stringify would make
// (https://tc39.es/ecma262/, "SerializeJSONProperty", "QuoteJSONString", "Number::toString").
#include "base/utf8.hpp"
#include "wire/json.hpp"
#include "wire/json_scan.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace socketio::wire {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

void append_escaped(char c, std::string& out) {
  out += '\\';
  switch (c) {
    case '"':
    case '\\': out += c; return;
    case '\b': out += 'b'; return;
    case '\f': out += 'f'; return;
    case '\n': out += 'n'; return;
    case '\r': out += 'r'; return;
    case '\t': out += 't'; return;
    default: break;
  }
  out += "u00";
  out += hex[static_cast<unsigned char>(c) >> 4];
  out += hex[static_cast<unsigned char>(c) & 15];
}

// False when something of it is not ASCII.
bool append_quoted(std::string_view text, std::string& out) {
  out += '"';
  bool ascii = true;
  for (std::size_t plain = 0; plain < text.size();) {
    const std::size_t escape = find_end_of_plain(text, plain, ascii);
    out.append(text, plain, escape - plain);
    if (escape == text.size()) break;
    append_escaped(text[escape], out);
    plain = escape + 1;
  }
  out += '"';
  return ascii;
}

template <class Integer>
void append_integer(Integer value, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

// Number::toString for a finite value that is not zero. std::to_chars finds the shortest digits
// that round-trip, as JavaScript does; only the notation around them differs.
void append_double(double value, std::string& out) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  int exponent = 0;
  const char* sign = text.data() + e + 1;
  std::from_chars(sign + (*sign == '+'), text.data() + text.size(), exponent);
  std::array<char, 20> digits;
  digits[0] = text[0];
  std::size_t count = 1;
  if (e > 1) count += text.substr(2, e - 2).copy(&digits[1], digits.size() - 1);

  if (value < 0) out += '-';
  const int point = exponent + 1;  // the decimal point stands behind this many digits
  const int length = static_cast<int>(count);
  if (point > 0 && point <= 21) {
    if (length <= point) {
      out.append(digits.data(), count).append(static_cast<std::size_t>(point - length), '0');
      return;
    }
    const auto whole = static_cast<std::size_t>(point);
    out.append(digits.data(), whole) += '.';
    out.append(digits.data() + whole, count - whole);
    return;
  }
  if (point > -6 && point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits.data(), count);
    return;
  }
  out += digits[0];
  if (count > 1) (out += '.').append(digits.data() + 1, count - 1);
  out += exponent < 0 ? "e-" : "e+";
  append_integer(std::abs(exponent), out);
}

}  // namespace

void json_output::separate() {
  if (!first_) text_ += ',';
  first_ = false;
}

void json_output::null() {
  separate();
  text_ += "null";
}

void json_output::boolean(bool value) {
  separate();
  text_ += value ? "true" : "false";
}

void json_output::integer(std::int64_t value) {
  separate();
  append_integer(value, text_);
}

void json_output::unsigned_integer(std::uint64_t value) {
  separate();
  append_integer(value, text_);
}

void json_output::number(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  constexpr double safe =
      9007199254740992.0;  // 2^53: below it, whole numbers are their own shortest form
  if (std::abs(value) < safe && value == std::trunc(value)) {
    return append_integer(static_cast<std::int64_t>(value), text_);  // also -0, which prints as 0
  }
  append_double(value, text_);
}

void json_output::string(std::string_view value) {
  separate();
  const std::size_t begin = text_.size();
  if (append_quoted(value, text_) || is_utf8(value)) return;  // most text is ASCII
  text_.resize(begin);
  std::string repaired;
  append_as_utf8(value, repaired);
  append_quoted(repaired, text_);
}

void json_output::binary(std::span<const std::byte> value) {
  separate();
  text_ += R"({"_placeholder":true,"num":)";
  append_integer(attachments_.size(), text_);
  text_ += '}';
  attachments_.push_back(value);
}

void json_output::begin_array(std::size_t) {
  separate();
  text_ += '[';
  first_ = true;
}

void json_output::end_array() {
  text_ += ']';
  first_ = false;
}

void json_output::begin_object(std::size_t) {
  separate();
  text_ += '{';
  first_ = true;
}

void json_output::key(std::string_view name) {
  string(name);
  text_ += ':';
  first_ = true;  // the value follows without a comma
}

void json_output::end_object() {
  text_ += '}';
  first_ = false;
}

}  // namespace socketio::wire
