// What an input does without a source; with one it is tested by wire/json_reader_test.cpp.
#include "socketio/input.hpp"

#include <gtest/gtest.h>

namespace socketio {
namespace {

TEST(Input, a_default_one_is_null_and_holds_nothing) {
  const input nothing;
  EXPECT_EQ(nothing.type(), kind::null);
  bool boolean = true;
  std::int64_t integer = 7;
  std::string_view text = "as it was";
  EXPECT_FALSE(nothing.get(boolean));
  EXPECT_FALSE(nothing.get(integer));
  EXPECT_FALSE(nothing.get_string(text));
  EXPECT_FALSE(nothing.get_binary(text));
  EXPECT_TRUE(boolean);
  EXPECT_EQ(integer, 7);
  EXPECT_EQ(text, "as it was");
  input element;
  EXPECT_FALSE(input::walk(nothing).next(element));
}

TEST(Input, kinds_have_the_names_that_error_messages_use) {
  const std::string_view names[] = {"null",   "boolean", "integer", "number",
                                    "string", "binary",  "array",   "object"};
  for (int i = 0; i < 8; ++i) EXPECT_EQ(to_string(static_cast<kind>(i)), names[i]);
}

}  // namespace
}  // namespace socketio
