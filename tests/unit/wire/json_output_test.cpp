// The writer of JSON: commas, nesting, placeholders. Numbers and strings are compared with
// JavaScript in json_vectors_test.cpp.
#include "wire/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace socketio::wire {
namespace {

class JsonOutput : public testing::Test {
 protected:
  std::string text_;
  std::vector<std::span<const std::byte>> attachments_;
  json_output out_{text_, attachments_};
};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST_F(JsonOutput, separates_values_wherever_they_stand) {
  out_.begin_array(4);
  out_.string("event");
  out_.begin_object(3);
  out_.key("a");
  out_.integer(1);
  out_.key("b");
  out_.begin_array(0);
  out_.end_array();
  out_.key("c");
  out_.begin_object(0);
  out_.end_object();
  out_.end_object();
  out_.null();
  out_.begin_array(2);
  out_.boolean(true);
  out_.boolean(false);
  out_.end_array();
  out_.end_array();
  EXPECT_EQ(text_, R"(["event",{"a":1,"b":[],"c":{}},null,[true,false]])");
}

TEST_F(JsonOutput, integers_keep_all_their_digits) {
  out_.begin_array(4);
  out_.integer(std::numeric_limits<std::int64_t>::min());
  out_.integer(std::numeric_limits<std::int64_t>::max());
  out_.unsigned_integer(std::numeric_limits<std::uint64_t>::max());
  out_.integer(0);
  out_.end_array();
  EXPECT_EQ(text_, "[-9223372036854775808,9223372036854775807,18446744073709551615,0]");
}

TEST_F(JsonOutput, PK13_what_json_cannot_say_is_null) {
  out_.begin_array(3);
  out_.number(std::numeric_limits<double>::quiet_NaN());
  out_.number(std::numeric_limits<double>::infinity());
  out_.number(-std::numeric_limits<double>::infinity());
  out_.end_array();
  EXPECT_EQ(text_, "[null,null,null]");
}

TEST_F(JsonOutput, PK07_binary_becomes_placeholders_in_order) {
  out_.begin_array(2);
  out_.binary(bytes_of("one"));
  out_.begin_object(1);
  out_.key("x");
  out_.binary(bytes_of(""));
  out_.end_object();
  out_.end_array();
  EXPECT_EQ(text_, R"([{"_placeholder":true,"num":0},{"x":{"_placeholder":true,"num":1}}])");
  ASSERT_EQ(attachments_.size(), 2u);
  EXPECT_EQ(attachments_[0].size(), 3u);
  EXPECT_EQ(attachments_[1].size(), 0u);
}

TEST_F(JsonOutput, text_that_is_not_utf8_is_repaired_also_in_names) {
  out_.begin_object(1);
  out_.key("k\xFF\"");
  out_.string("v\xC3");
  out_.end_object();
  EXPECT_EQ(text_, "{\"k\xEF\xBF\xBD\\\"\":\"v\xEF\xBF\xBD\"}");
}

// Every character at every place of a block, beside every kind of neighbour.
TEST_F(JsonOutput, PK13_escapes_are_found_wherever_they_stand) {
  constexpr std::size_t length = 70;
  for (const char neighbour : {'x', '\x20', '\x7f', '!', '#', '[', ']'}) {
    for (std::size_t at = 0; at < length; ++at) {
      for (int c = 0; c < 128; ++c) {
        std::string value(length, neighbour);
        value[at] = static_cast<char>(c);
        text_.clear();
        json_output(text_, attachments_).string(value);
        const bool escaped = c < 0x20 || c == '"' || c == '\\';
        ASSERT_EQ(text_.size() > length + 2, escaped) << c;
        ASSERT_TRUE(text_.starts_with('"' + value.substr(0, at) + (escaped ? "\\" : ""))) << c;
        ASSERT_TRUE(text_.ends_with(value.substr(at + 1) + '"')) << c;
      }
    }
  }
}

TEST_F(JsonOutput, appends_to_what_is_there) {
  text_ = "42";
  out_.string("x");
  EXPECT_EQ(text_, "42\"x\"");
}

}  // namespace
}  // namespace socketio::wire
