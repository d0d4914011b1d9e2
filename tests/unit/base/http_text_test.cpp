// Words and dates of HTTP.
#include "base/http_text.hpp"

#include <gtest/gtest.h>

namespace socketio {
namespace {

using std::chrono::sys_seconds;

TEST(HttpText, words_are_the_same_whatever_their_case) {
  static_assert(same_word("Content-Length", "content-LENGTH"));
  static_assert(same_word("", ""));
  static_assert(!same_word("close", "closed"));
  static_assert(!same_word("@", "`"));
  static_assert(!same_word("\xc4", "\xe4"), "only ASCII");
}

TEST(HttpText, white_space_is_taken_off_both_ends) {
  static_assert(trimmed(" \ta b\t ") == "a b");
  static_assert(trimmed(" \t").empty());
  static_assert(trimmed("").empty());
  static_assert(trimmed("\na") == "\na");
}

TEST(HttpText, numbers_are_read_whole_or_not_at_all) {
  unsigned char out = 0;
  EXPECT_TRUE(read_number("255", out));
  EXPECT_EQ(out, 255);
  for (const char* text : {"", "256", "+1", "-1", " 1", "1 ", "1a"})
    EXPECT_FALSE(read_number(text, out)) << text;
}

TEST(HttpText, dates_survive_a_round_trip) {
  const sys_seconds example{std::chrono::seconds(784111777)};
  EXPECT_EQ(format_http_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const long seconds : {0L, 951782400L, 784111777L, 4102444799L, 1709164799L}) {
    const sys_seconds when{std::chrono::seconds(seconds)};
    EXPECT_EQ(parse_http_date(format_http_date(when)), when) << seconds;
  }
}

TEST(HttpText, what_is_no_date_counts_as_absent) {
  for (const char* text :
       {"", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Xyz 1994 08:49:37 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:4 :37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

}  // namespace
}  // namespace socketio
