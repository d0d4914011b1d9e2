// UTF-8: what is valid, and what becomes of the rest.
#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace socketio {
namespace {

std::string repaired(std::string_view text) {
  std::string out;
  append_as_utf8(text, out);
  return out;
}

#define BAD "\xEF\xBF\xBD"

// The right-hand sides are what `new TextDecoder().decode()` makes of the bytes.
TEST(Utf8, each_maximal_invalid_part_becomes_one_replacement_character) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"plain", "plain"},
      {"\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80"},
      {"\x80", BAD},       // a continuation byte alone
      {"a\xC3", "a" BAD},  // cut after the lead byte
      {"\xE2\x82", BAD},   // cut inside
      {"\xF0\x9F\x98", BAD},
      {"\xE2\x82z", BAD "z"},  // interrupted
      {"\xC0\xAF", BAD BAD},   // overlong
      {"\xC1\xBF", BAD BAD},
      {"\xE0\x80\xAF", BAD BAD BAD},
      {"\xF0\x80\x80\xAF", BAD BAD BAD BAD},
      {"\xED\xA0\x80", BAD BAD BAD},     // a surrogate
      {"\xED\x9F\xBF", "\xED\x9F\xBF"},  // the last character before them
      {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
      {"\xF4\x90\x80\x80", BAD BAD BAD BAD},  // beyond U+10FFFF
      {"\xF5\x80\x80\x80", BAD BAD BAD BAD},
      {"\xFF\xFE", BAD BAD},
      {"\xF0\x9F\x41", BAD "A"},
      {"\xE1\xA0\xC0", BAD BAD},
  };
  for (const auto& [text, expected] : table) {
    EXPECT_EQ(repaired(text), expected) << testing::PrintToString(text);
    EXPECT_EQ(is_utf8(text), text == expected) << testing::PrintToString(text);
  }
}

// simdjson judges and the loop repairs; they must agree on what needs no repair.
TEST(Utf8, a_text_is_valid_exactly_when_the_repair_leaves_it_as_it_is) {
  std::size_t valid = 0;
  const auto check = [&](std::string_view text) {
    const std::string result = repaired(text);
    ASSERT_EQ(is_utf8(text), result == text) << testing::PrintToString(text);
    ASSERT_TRUE(is_utf8(result)) << testing::PrintToString(text);
    valid += result == text;
  };
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      std::string text{static_cast<char>(a), static_cast<char>(b)};
      check(text);
      // the bytes at the edges of the ranges of the standard's table 3-7
      for (const int c : {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF}) {
        text.resize(2);
        text += static_cast<char>(c);
        check(text);
        if (a >= 0xE0) {
          for (const int d : {0x7F, 0x80, 0xBF, 0xC0}) check(text + static_cast<char>(d));
        }
      }
    }
  }
  EXPECT_GT(valid, 16'384u);
}

TEST(Utf8, long_texts_are_validated_to_the_last_byte) {
  for (std::size_t length = 1; length < 200; ++length) {
    std::string text(length, 'a');
    EXPECT_TRUE(is_utf8(text));
    text.back() = '\xC3';
    EXPECT_FALSE(is_utf8(text)) << length;
    text.back() = 'a';
    text.front() = '\xFF';
    EXPECT_FALSE(is_utf8(text)) << length;
  }
}

TEST(Utf8, a_prefix_ends_between_two_characters) {
  const std::string_view text = "a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80";
  const std::size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t limit = 0; limit < std::size(expected); ++limit) {
    EXPECT_EQ(utf8_prefix(text, limit).size(), expected[limit]) << limit;
  }
}

}  // namespace
}  // namespace socketio
