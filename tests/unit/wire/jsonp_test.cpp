// HS-25: scripts out, forms in.
#include "wire/jsonp.hpp"

#include <gtest/gtest.h>

#include <string>

namespace socketio::wire {
namespace {

TEST(Jsonp, HS_25_a_payload_becomes_a_call_with_a_string) {
  EXPECT_EQ(jsonp_script("0", "4hello"), R"(___eio[0]("4hello");)");
  EXPECT_EQ(jsonp_script("12",
                         "4\"quoted\"\\\n\x1e"
                         "6"),
            R"(___eio[12]("4\"quoted\"\\\n\u001e6");)");
  EXPECT_EQ(jsonp_script("1", ""), R"(___eio[1]("");)");
}

TEST(Jsonp, HS_25_only_the_digits_of_the_index_are_used) {
  EXPECT_EQ(jsonp_script("1];alert(2)//", "6"), R"(___eio[12]("6");)");
  EXPECT_EQ(jsonp_script("", "6"), R"(___eio[]("6");)");
}

// U+2028 and U+2029 end a line in old JavaScript; their neighbours do not.
TEST(Jsonp, HS_25_line_separators_are_escaped) {
  EXPECT_EQ(jsonp_script("0",
                         "4a\xe2\x80\xa8"
                         "b\xe2\x80\xa9"),
            R"(___eio[0]("4a\u2028b\u2029");)");
  EXPECT_EQ(jsonp_script("0", "4\xe2\x80\xaa\xe2\x80\xa7\xe2\x82\xac"),
            "___eio[0](\"4\xe2\x80\xaa\xe2\x80\xa7\xe2\x82\xac\");");
}

std::string payload(std::string_view body) { return jsonp_payload(body).value_or("<none>"); }

TEST(Jsonp, HS_25_a_form_has_the_payload_in_d) {
  EXPECT_EQ(payload("d=4hello"), "4hello");
  EXPECT_EQ(payload("d=4a%20b+c%E2%82%AC"), "4a b c\xe2\x82\xac");
  EXPECT_EQ(payload("x=1&d=4&y=2"), "4");
  EXPECT_EQ(payload("%64=4"), "4");
  EXPECT_EQ(payload("d="), "");
  EXPECT_EQ(payload("d"), "");
  for (const char* const body : {"", "4hello", "x=1", "D=4", "d=4&d=4", "=4"})
    EXPECT_EQ(payload(body), "<none>") << body;
}

// What polling-jsonp.js makes of it, in two passes of regular expressions.
TEST(Jsonp, HS_25_escaped_line_breaks_come_back) {
  EXPECT_EQ(payload(R"(d=4a\nb)"), "4a\nb");
  EXPECT_EQ(payload(R"(d=4a\\nb)"), R"(4a\nb)");
  EXPECT_EQ(payload(R"(d=4a\\\nb)"), R"(4a\\nb)");
  EXPECT_EQ(payload(R"(d=4a\\\\nb)"), R"(4a\\\nb)");
  EXPECT_EQ(payload(R"(d=4\n\n\\n\\)"), "4\n\n\\n\\\\");
  EXPECT_EQ(payload(R"(d=4\t\\n)"), R"(4\t\n)");
  EXPECT_EQ(payload("d=4%5Cn"), "4\n") << "the escapes of the form come first";
}

}  // namespace
}  // namespace socketio::wire
