// HD-07, HD-08: the text of the cookie. The expectations were made with the npm package cookie
// 0.7.2, which engine.io uses.
#include "engine/cookie.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>

namespace socketio::engine {
namespace {

using namespace std::chrono_literals;

std::string text(
    const std::function<void(cookie_options&)>& change = [](auto&) {},
    std::string_view value = "abc") {
  cookie_options options;
  change(options);
  return serialize_cookie(options, value);
}

TEST(Cookie, HD_07_defaults) { EXPECT_EQ(text(), "io=abc; Path=/; HttpOnly; SameSite=Lax"); }

TEST(Cookie, HD_08_every_attribute_in_its_place) {
  const auto all = [](cookie_options& of) {
    of.name = "sticky";
    of.path = "/chat";
    of.domain = ".example.org";
    of.max_age = 90s;
    of.expires = std::chrono::sys_days(std::chrono::year(2030) / 1 / 2) + 3h + 4min + 5s + 678ms;
    of.secure = true;
    of.partitioned = true;
    of.priority = cookie_priority::high;
    of.same_site = same_site::none;
  };
  EXPECT_EQ(text(all),
            "sticky=abc; Max-Age=90; Domain=.example.org; Path=/chat; Expires=Wed, 02 Jan 2030 "
            "03:04:05 GMT; HttpOnly; Secure; Partitioned; Priority=High; SameSite=None");
}

TEST(Cookie, HD_08_each_attribute_alone) {
  const auto bare = [](const std::function<void(cookie_options&)>& change) {
    return text([&](cookie_options& of) {
      of.path.clear();
      of.http_only = false;
      of.same_site = same_site::unset;
      change(of);
    });
  };
  EXPECT_EQ(bare([](auto&) {}), "io=abc");
  EXPECT_EQ(bare([](auto& of) { of.max_age = 0s; }), "io=abc; Max-Age=0");
  EXPECT_EQ(bare([](auto& of) { of.priority = cookie_priority::low; }), "io=abc; Priority=Low");
  EXPECT_EQ(bare([](auto& of) { of.priority = cookie_priority::medium; }),
            "io=abc; Priority=Medium");
  EXPECT_EQ(bare([](auto& of) { of.same_site = same_site::strict; }), "io=abc; SameSite=Strict");
  EXPECT_EQ(bare([](auto& of) { of.same_site = same_site::lax; }), "io=abc; SameSite=Lax");
}

TEST(Cookie, HD_08_the_value_is_encoded) {
  EXPECT_EQ(text([](auto&) {}, "a b;c/\xc3\xa9~'()*!").substr(0, 30),
            "io=a%20b%3Bc%2F%C3%A9~'()*!; P");
  EXPECT_EQ(
      text([](auto& of) { of.encode = [](auto) { return std::string("mine"); }; }).substr(0, 8),
      "io=mine;");
  for (const char* const bad : {"a b", "a;b", "a,b", "a\"b", "a\\b", "a\nb", "\xc3\xa9"})
    EXPECT_THROW(text([&](auto& of) { of.encode = [&](auto) { return std::string(bad); }; }),
                 std::invalid_argument)
        << bad;
  EXPECT_NO_THROW(text([](auto& of) { of.encode = [](auto) { return std::string("\"a\""); }; }));
}

std::string complaint(const std::function<void(cookie_options&)>& change) {
  cookie_options options;
  change(options);
  return complaint_about(options);
}

TEST(Cookie, OP_17_what_cannot_work_is_named) {
  EXPECT_EQ(complaint([](auto&) {}), "");
  EXPECT_EQ(complaint([](auto& of) { of.name = "a b"; }),
            "cookie.name is \"a b\", it must be a token");
  EXPECT_NE(complaint([](auto& of) { of.name = ""; }), "");
  EXPECT_NE(complaint([](auto& of) { of.path = "/a;b"; }), "");
  EXPECT_EQ(complaint([](auto& of) { of.path = ""; }), "");
  for (const char* const bad : {"a..b", "-a.b", "a-.b", ".", "a b", "a.b."})
    EXPECT_NE(complaint([&](auto& of) { of.domain = bad; }), "") << bad;
  for (const char* const good : {"example.org", ".example.org", "a-b.c", "localhost"})
    EXPECT_EQ(complaint([&](auto& of) { of.domain = good; }), "") << good;
  EXPECT_NE(complaint([](auto& of) { of.same_site = same_site::none; }), "");
  EXPECT_NE(complaint([](auto& of) { of.partitioned = true; }), "");
}

}  // namespace
}  // namespace socketio::engine
