// A value as text, for logs and tests. Tested by tests/unit/base/value_test.cpp.
#include "socketio/value.hpp"

#include <charconv>

namespace socketio {
namespace {

void quote(std::string_view text, std::string& out) {
  static constexpr char digits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      (out += "\\u00") += digits[c >> 4];
      out += digits[c & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void print(const value& what, std::string& out) {
  switch (what.type()) {
    case kind::null: out += "null"; return;
    case kind::boolean: out += *what.as_bool() ? "true" : "false"; return;
    case kind::integer: out += std::to_string(*what.as_integer()); return;
    case kind::number: {
      char text[32];
      const auto end = std::to_chars(text, text + sizeof text, *what.as_number());
      out.append(text, end.ptr);
      return;
    }
    case kind::string: return quote(*what.as_string(), out);
    case kind::binary:
      out += "{\"$binary\":" + std::to_string(what.as_binary()->size()) + "}";
      return;
    case kind::array: {
      out += '[';
      for (const char* comma = ""; const value& element : *what.as_array()) {
        out += std::exchange(comma, ",");
        print(element, out);
      }
      out += ']';
      return;
    }
    case kind::object: {
      out += '{';
      for (const char* comma = ""; const auto& [name, element] : *what.as_object()) {
        out += std::exchange(comma, ",");
        quote(name, out);
        out += ':';
        print(element, out);
      }
      out += '}';
      return;
    }
  }
}

}  // namespace

std::string value::to_string() const {
  std::string out;
  print(*this, out);
  return out;
}

}  // namespace socketio
