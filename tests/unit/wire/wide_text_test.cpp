// The wide loops against the obvious ones, each of those that this processor has: every length
// around their blocks, and something to stop at in every place.
#include "wire/wide_text.hpp"

#include "wire/json_scan.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace socketio::wire {
namespace {

constexpr std::size_t longest = 200;

bool is_ascii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

// What was taken is plain, its ASCII is told, and what stopped it stands in the next block.
void expect_right(const wide_text& how, std::string_view text, std::size_t first_special) {
  bool ascii = true;
  const std::size_t taken = how.plain(text, ascii);
  ASSERT_LE(taken, first_special) << how.name << ' ' << text;
  EXPECT_EQ(ascii, is_ascii(text.substr(0, taken))) << how.name << ' ' << text;
  if (how.plain == wide_texts().front().plain) return;
  EXPECT_LT(std::min(first_special, text.size()) - taken, 64u) << how.name;
}

TEST(WideText, plain_text_is_taken_up_to_what_ends_it) {
  for (const wide_text& how : wide_texts()) {
    for (std::size_t length = 0; length < longest; ++length) {
      expect_right(how, std::string(length, 'x'), length);
      for (std::size_t at = 0; at < length; ++at) {
        for (const char special : {'"', '\\', '\0', '\n', '\x1f'}) {
          std::string text(length, 'x');
          text[at] = special;
          expect_right(how, text, at);
        }
      }
    }
  }
}

TEST(WideText, every_byte_is_plain_or_not_as_in_the_short_loop) {
  for (const wide_text& how : wide_texts().subspan(1)) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text(64, 'x');
      text[37] = static_cast<char>(byte);
      bool ascii = true;
      EXPECT_EQ(how.plain(text, ascii) == 0, ends_plain_text(text[37])) << how.name << ' ' << byte;
    }
  }
}

TEST(WideText, what_is_not_ascii_is_seen_before_the_end_and_not_behind_it) {
  for (const wide_text& how : wide_texts()) {
    for (std::size_t at = 0; at < longest; ++at) {
      std::string text(longest, 'x');
      text[at] = '\xc3';
      expect_right(how, text, longest);
      text[100] = '"';
      expect_right(how, text, 100);
    }
  }
  bool ascii = true;
  std::string text(longest, 'x');
  text[150] = '"';
  text[151] = '\xc3';
  EXPECT_EQ(find_end_of_plain(text, 3, ascii), 150u);
  EXPECT_TRUE(ascii);
  text[149] = '\xc3';
  EXPECT_EQ(find_end_of_plain(text, 3, ascii), 150u);
  EXPECT_FALSE(ascii);
}

TEST(WideText, the_mask_lies_over_whole_blocks_and_nothing_else) {
  constexpr std::uint64_t key = 0x0123456789abcdef;
  char bytes[8];
  std::memcpy(bytes, &key, 8);
  for (const wide_text& how : wide_texts()) {
    for (std::size_t length = 0; length < longest; ++length) {
      std::string data(length, 'x');
      const std::size_t done = how.unmask(data, key);
      ASSERT_LE(done, length);
      EXPECT_EQ(done % 8, 0u) << "the caller goes on at the beginning of the key";
      for (std::size_t i = 0; i < length; ++i)
        ASSERT_EQ(data[i], i < done ? static_cast<char>('x' ^ bytes[i % 8]) : 'x') << how.name;
    }
  }
}

}  // namespace
}  // namespace socketio::wire
