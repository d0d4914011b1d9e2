// The cookies of a client, as the CookieJar of engine.io-client has them, and its limits.
#include "wire/cookie_jar.hpp"

#include "base/http_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace socketio::wire {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_seconds;

constexpr sys_seconds now = std::chrono::sys_days(std::chrono::year(2026) / 5 / 17) + 12h;

std::string after(std::initializer_list<std::string_view> fields, sys_seconds when = now) {
  cookie_jar jar;
  for (const auto field : fields) jar.take(field, now);
  return jar.header(when);
}

TEST(CookieJar, sends_back_what_it_was_given) {
  EXPECT_EQ(after({}), "");
  EXPECT_EQ(after({"a=1"}), "a=1");
  EXPECT_EQ(after({"a=1; Path=/; HttpOnly; SameSite=Lax; Secure; Domain=x"}), "a=1");
  EXPECT_EQ(after({"io=abc; Path=/", "AWSALB=x/y+z==; Path=/"}), "io=abc; AWSALB=x/y+z==");
  EXPECT_EQ(after({"  a  =  b c  ; Path=/"}), "a=b c");
  EXPECT_EQ(after({"a="}), "a=");
  EXPECT_EQ(after({"a=b=c"}), "a=b=c");
}

TEST(CookieJar, takes_quotes_off) {
  EXPECT_EQ(after({"a=\"b c\""}), "a=b c");
  EXPECT_EQ(after({"a=\"\""}), "a=");
  EXPECT_EQ(after({"a=\""}), "a=");
  EXPECT_EQ(after({"a=b\"c\""}), "a=b\"c\"");
}

TEST(CookieJar, the_same_name_replaces_where_it_stands) {
  EXPECT_EQ(after({"a=1", "b=2", "a=3"}), "a=3; b=2");
  EXPECT_EQ(after({"a=1", "A=2"}), "a=1; A=2");
  // Also whether it ever expires.
  EXPECT_EQ(after({"a=1; Max-Age=10", "a=2"}, now + 1h), "a=2");
}

TEST(CookieJar, what_has_no_name_is_ignored) {
  EXPECT_EQ(after({"", "a", "=1", "  =1", "; a=1", ";", "a; b=1"}), "");
}

TEST(CookieJar, max_age_counts_from_now) {
  EXPECT_EQ(after({"a=1; Max-Age=10"}, now + 9s), "a=1");
  EXPECT_EQ(after({"a=1; Max-Age=10"}, now + 10s), "");
  EXPECT_EQ(after({"a=1; max-AGE = +10 seconds"}, now + 9s), "a=1");
  EXPECT_EQ(after({"a=1; Max-Age=99999999999999999999999999"}, now + 24h * 365), "a=1");
  for (const std::string_view gone : {"0", "-1", "", "x", "-99999999999999999999999"})
    EXPECT_EQ(after({"a=1; Max-Age=" + std::string(gone)}), "") << gone;
}

TEST(CookieJar, expires_is_a_date) {
  EXPECT_EQ(after({"a=1; Expires=" + format_http_date(now + 10s)}, now + 9s), "a=1");
  EXPECT_EQ(after({"a=1; Expires=" + format_http_date(now + 10s)}, now + 10s), "");
  EXPECT_EQ(after({"a=1; expires=Thu, 01 Jan 1970 00:00:00 GMT"}), "");
  EXPECT_EQ(after({"a=1; Expires=soon"}), "");  // better gone than kept forever
}

TEST(CookieJar, the_last_of_several_ends_counts) {
  const std::string soon = "Expires=" + format_http_date(now + 10s);
  EXPECT_EQ(after({"a=1; Max-Age=100; " + soon}, now + 50s), "");
  EXPECT_EQ(after({"a=1; " + soon + "; Max-Age=100"}, now + 50s), "a=1");
}

TEST(CookieJar, an_attribute_with_two_equals_signs_says_nothing) {
  EXPECT_EQ(after({"a=1; Max-Age=0=0"}), "a=1");
  EXPECT_EQ(after({"a=1; Max-Age"}), "a=1");
}

TEST(CookieJar, an_expired_one_removes_what_was_there) {
  cookie_jar jar;
  jar.take("a=1", now);
  jar.take("b=2", now);
  jar.take("a=gone; Max-Age=0", now);
  EXPECT_EQ(jar.size(), 1u);
  EXPECT_EQ(jar.header(now), "b=2");
  jar.clear();
  EXPECT_EQ(jar.header(now), "");
}

TEST(CookieJar, what_has_expired_is_forgotten) {
  cookie_jar jar;
  jar.take("a=1; Max-Age=10", now);
  EXPECT_EQ(jar.header(now + 10s), "");
  EXPECT_EQ(jar.size(), 0u);
  EXPECT_EQ(jar.header(now), "");  // even if the clock is set back
}

// JS differs: there this cookie has the value `1;Max-Age=0`, and is sent back like that.
TEST(CookieJar, RFC6265_5_2_attributes_end_at_each_semicolon) {
  EXPECT_EQ(after({"a=1;Path=/;Secure"}), "a=1");
  EXPECT_EQ(after({"a=1;Max-Age=0"}), "");
}

TEST(CookieJar, control_characters_never_reach_a_request) {
  for (const std::string_view bad : {"a=1\r\nX: y", "a\r=1", "a=\n", "a=\x7F", "a=1; Path=\x01"})
    EXPECT_EQ(after({bad}), "") << bad;
  EXPECT_EQ(after({std::string_view("a=\0", 3)}), "");
}

TEST(CookieJar, has_room_for_fifty_and_lets_the_oldest_go) {
  cookie_jar jar;
  for (int i = 0; i < 50; ++i) jar.take("c" + std::to_string(i) + "=x; Max-Age=100", now);
  EXPECT_EQ(jar.size(), 50u);
  jar.take("c3=again", now);
  EXPECT_EQ(jar.size(), 50u);
  jar.take("new=x", now);
  EXPECT_EQ(jar.size(), 50u);
  EXPECT_TRUE(jar.header(now).starts_with("c1=x; c2=x; c3=again; "));
  EXPECT_TRUE(jar.header(now).ends_with("; new=x"));
  // What has expired makes room first.
  jar.take("newer=x", now + 100s);
  EXPECT_EQ(jar.header(now + 100s), "c3=again; new=x; newer=x");
  cookie_jar none({.cookies_max = 0});
  none.take("a=1", now);
  EXPECT_EQ(none.header(now), "");
}

TEST(CookieJar, a_cookie_of_more_than_4096_bytes_is_ignored) {
  const std::string most = "a=" + std::string(4095, 'x');
  EXPECT_EQ(after({most}), most);
  EXPECT_EQ(after({most + 'x'}), "");
  EXPECT_EQ(after({"a=1", most + 'x'}), "a=1");
}

// RFC 6265, section 5.1.1
TEST(CookieDate, is_read_in_every_form) {
  const sys_seconds when =
      std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + 8h + 49min + 37s;
  for (const std::string_view text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "6 november 1994 8:49:37", "1994 nov 06th 08:49:37z",
        "08:49:37 06 NOV 94", " ,06/Nov/1994;08:49:37 "})
    EXPECT_EQ(parse_cookie_date(text), when) << text;
  EXPECT_EQ(parse_cookie_date("1 Jan 69 0:0:0")->time_since_epoch(),
            std::chrono::sys_days(std::chrono::year(2069) / 1 / 1).time_since_epoch());
  EXPECT_EQ(parse_cookie_date("1 Jan 70 0:0:0"), sys_seconds{});
}

TEST(CookieDate, is_nothing_else) {
  for (const std::string_view text :
       {"", "soon", "06 Nov 1994", "06 Nov 08:49:37", "Nov 1994 08:49:37", "06 1994 08:49:37",
        "31 Feb 2000 0:0:0", "0 Nov 2000 0:0:0", "32 Nov 2000 0:0:0", "1 Nov 1600 0:0:0",
        "1 Nov 2000 24:0:0", "1 Nov 2000 0:60:0", "1 Nov 2000 0:0:60", "1 Nov 20000 0:0:0",
        "1 Nov 2000 123:0:0", "1 Nov 2000 0:0", "1 Nov 200000000000000000000 0:0:0"})
    EXPECT_FALSE(parse_cookie_date(text)) << text;
}

}  // namespace
}  // namespace socketio::wire
