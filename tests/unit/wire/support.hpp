// What the tests of this floor share: the golden vectors (tests/vectors, made by
// scripts/make_vectors.mjs) and a way to print what was decoded, so that it can be compared as
// text.
#pragma once

#include "base/base64.hpp"
#include "wire/json.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::wire::test {

inline std::optional<input> member(const input& object, std::string_view name) {
  input::walk members(object);
  std::string_view key;
  for (input value; members.next(key, value);) {
    if (key == name) return value;
  }
  return std::nullopt;
}

inline std::string text_of(const input& value) {
  std::string_view text;
  EXPECT_TRUE(value.get_string(text));
  return std::string(text);
}
inline std::string text_of(const input& object, std::string_view name) {
  const auto value = member(object, name);
  return value ? text_of(*value) : std::string();
}

template <class Number>
Number number_of(const input& object, std::string_view name, Number otherwise = 0) {
  const auto value = member(object, name);
  Number number = otherwise;
  if (value) {
    EXPECT_TRUE(value->get(number)) << name;
  }
  return number;
}

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

inline std::string from_base64(std::string_view text) {
  std::string bytes;
  EXPECT_TRUE(append_decoded_base64(text, bytes));
  return bytes;
}

// Writes `value` again. Where the vectors say {"$binary":"<base64>"}, the bytes; they live in
// `kept`.
inline void copy(const input& value, output& out, std::deque<std::string>& kept) {
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
    case kind::string: return out.string(text_of(value));
    case kind::binary: {
      std::string_view bytes;
      value.get_binary(bytes);
      return out.binary(std::as_bytes(std::span(bytes)));
    }
    case kind::array: {
      out.begin_array(0);
      input::walk elements(value);
      for (input element; elements.next(element);) copy(element, out, kept);
      return out.end_array();
    }
    case kind::object: {
      if (const auto base64 = member(value, "$binary")) {
        const std::string& bytes = kept.emplace_back(from_base64(text_of(*base64)));
        return out.binary(std::as_bytes(std::span<const char>(bytes)));
      }
      out.begin_object(0);
      input::walk members(value);
      std::string_view key;
      for (input element; members.next(key, element);) {
        out.key(key);
        copy(element, out, kept);
      }
      return out.end_object();
    }
  }
}

// As JSON, with the bytes of binary values behind it: ["a",{"_placeholder":true,"num":0}] + "AQ==".
inline std::string printed(const input& value) {
  std::string text;
  std::vector<std::span<const std::byte>> attachments;
  std::deque<std::string> kept;
  json_output out(text, attachments);
  copy(value, out, kept);
  for (const std::span<const std::byte> bytes : attachments) {
    text += " + ";
    append_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, text);
  }
  return text;
}

// One file of vectors; inputs are valid as long as it is.
class vectors {
 public:
  explicit vectors(const std::string& name) {
    std::ifstream file(std::string(SOCKETIO_SOURCE_DIR "/tests/vectors/") + name + ".json",
                       std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    const auto root = reader_.parse(text);
    EXPECT_TRUE(root) << name << ": " << root.error().message();
    if (root) root_ = *root;
  }

  // Calls `check` with each case of that list; there is at least one.
  template <class Check>
  void each(std::string_view list, Check check) const {
    const auto cases = member(root_, list);
    ASSERT_TRUE(cases) << list;
    std::size_t count = 0;
    input::walk walk(*cases);
    for (input one; walk.next(one); ++count) {
      SCOPED_TRACE(std::string(list) + " " + std::to_string(count) + ": " + printed(one));
      check(one);
      if (testing::Test::HasFatalFailure()) return;
    }
    EXPECT_GT(count, 0u);
  }

 private:
  json_reader reader_;
  input root_;
};

}  // namespace socketio::wire::test
