// Writes a decoded value again, and prints it, so that it can be compared as text. Without gtest:
// the fuzz targets use it as well.
#pragma once

#include "base/base64.hpp"
#include "wire/json.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::wire::test {

// `instead(value, out)` may write something else for an object, and then returns true.
void copy(const input& value, output& out, auto instead) {
  switch (value.type()) {
    case kind::null: return out.null();
    case kind::boolean: {
      bool boolean = false;
      value.get(boolean);
      return out.boolean(boolean);
    }
    case kind::integer: {
      std::int64_t integer = 0;
      if (value.get(integer)) return out.integer(integer);
      std::uint64_t beyond = 0;
      value.get(beyond);
      return out.unsigned_integer(beyond);
    }
    case kind::number: {
      double number = 0;
      value.get(number);
      return out.number(number);
    }
    case kind::string: {
      std::string_view text;
      value.get_string(text);
      return out.string(text);
    }
    case kind::binary: {
      std::string_view bytes;
      value.get_binary(bytes);
      return out.binary(std::as_bytes(std::span(bytes)));
    }
    case kind::array: {
      out.begin_array(0);
      input::walk elements(value);
      for (input element; elements.next(element);) copy(element, out, instead);
      return out.end_array();
    }
    case kind::object: {
      if (instead(value, out)) return;
      out.begin_object(0);
      input::walk members(value);
      std::string_view key;
      for (input element; members.next(key, element);) {
        out.key(key);
        copy(element, out, instead);
      }
      return out.end_object();
    }
  }
}

inline bool never(const input&, output&) { return false; }

// As JSON, with the bytes of binary values behind it: ["a",{"_placeholder":true,"num":0}] + AQ==
std::string printed_with(const input& value, auto instead) {
  std::string text;
  std::vector<std::span<const std::byte>> attachments;
  json_output out(text, attachments);
  copy(value, out, instead);
  for (const std::span<const std::byte> bytes : attachments) {
    text += " + ";
    append_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, text);
  }
  return text;
}

}  // namespace socketio::wire::test
