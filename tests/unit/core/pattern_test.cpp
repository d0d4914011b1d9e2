// Regular expressions on names that peers choose: what they match, and that no name takes them
// long.
#include "socketio/pattern.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace socketio {
namespace {

// NS-02
TEST(Pattern, matches_what_the_same_expression_matches_in_JavaScript) {
  const struct {
    const char *expression, *name;
    bool matches;
  } table[] = {
      {R"(^/dynamic-\d+$)", "/dynamic-101", true},
      {R"(^/dynamic-\d+$)", "/dynamic-", false},
      {R"(^/dynamic-\d+$)", "/dynamic-1x", false},
      {R"(\d)", "/room-7-of-9", true},  // anywhere, as RegExp.test()
      {"^/(red|blue)$", "/blue", true},
      {"^/(red|blue)$", "/Blue", false},
      {"^/[a-z]{2,3}$", "/abcd", false},
      {"^/(?!admin).*$", "/admin", false},
      {"^/(?!admin).*$", "/chat", true},
      {"^/a?$", "/", true},
      {"", "/", true},
  };
  for (const auto& [expression, name, matches] : table)
    EXPECT_EQ(pattern(expression).matches(name), matches) << expression << " " << name;
}

TEST(Pattern, what_is_no_expression_throws_and_is_named) {
  for (const char* wrong : {"(", "[z-a]", "a{2,1}", "*", R"((a)\1)"}) {
    try {
      const pattern none(wrong);
      FAIL() << wrong;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(wrong), std::string::npos) << error.what();
    }
  }
}

// A std::regex would not come back from any of these, or would end the stack: trying all ways one
// after the other takes 2^100 steps and more, and a call for each byte.
TEST(Pattern, NS02_no_name_takes_it_long_or_deep) {
  for (const char* expression : {"^/(a+)+$", "^/(a|aa)+$", "^/((a+)*)*$", "^/(([a-z])+.)+[A-Z]$",
                                 R"(^/(\w+\s?)*$)", "^/(.|a)*!!$", "^/(a?){30}a{30}$"}) {
    const pattern hostile(expression);
    EXPECT_FALSE(hostile.matches("/" + std::string(100'000, 'a') + "!")) << expression;
  }
  EXPECT_FALSE(pattern("(a*)*b").matches(std::string(256, 'a')));
}

}  // namespace
}  // namespace socketio
