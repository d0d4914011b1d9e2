// What the tests of this floor share: the golden vectors (tests/vectors, made by
// scripts/make_vectors.mjs) and a way to print what was decoded, so that it can be compared as
// text.
#pragma once

#include "socketio/value.hpp"
#include "unit/wire/print.hpp"

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

// In the vectors {"$binary":"<base64>"} stands for the bytes; they live in `kept`.
inline void copy(const input& value, output& out, std::deque<std::string>& kept) {
  copy(value, out, [&kept](const input& object, output& to) {
    const auto base64 = member(object, "$binary");
    if (!base64) return false;
    const std::string& bytes = kept.emplace_back(from_base64(text_of(*base64)));
    to.binary(std::as_bytes(std::span<const char>(bytes)));
    return true;
  });
}

// The same as a tree.
inline value value_of(const input& from) {
  if (const auto bytes = member(from, "$binary")) return binary(from_base64(text_of(*bytes)));
  if (from.type() == kind::array) {
    value::array elements;
    input::walk walk(from);
    for (input one; walk.next(one);) elements.push_back(value_of(one));
    return elements;
  }
  if (from.type() != kind::object) return value::from(from);
  value::object members;
  input::walk walk(from);
  std::string_view key;
  for (input one; walk.next(key, one);) members.emplace_back(std::string(key), value_of(one));
  return members;
}

inline std::string printed(const input& value) {
  std::deque<std::string> kept;
  return printed_with(value, [&kept](const input& object, output& to) {
    if (!member(object, "$binary")) return false;
    copy(object, to, kept);
    return true;
  });
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
