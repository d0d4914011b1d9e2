// Entity tags, dates, ranges and encodings as clients send them, sensible or not.
#include "server/http_fields.hpp"

#include <gtest/gtest.h>

#include <string>

namespace socketio::web {
namespace {

using std::chrono::sys_seconds;

TEST(HttpFields, Q24_if_none_match_may_be_a_list_weak_or_a_star) {
  for (const char* value : {R"("4.8.4")", R"(W/"4.8.4")", R"("a", "4.8.4")", R"("a,b" , W/"4.8.4")",
                            "*", R"(  "4.8.4"  )", R"("x","y","4.8.4")"}) {
    EXPECT_TRUE(lists_etag(value, R"("4.8.4")")) << value;
  }
  for (const char* value : {"", "4.8.4", R"("4.8.3")", R"("4.8.4)", R"("a, "4.8.4)", R"("4.8.40")",
                            R"("a" *)", ",,,"}) {
    EXPECT_FALSE(lists_etag(value, R"("4.8.4")")) << value;
  }
  EXPECT_TRUE(lists_etag(R"("a")", R"(W/"a")")) << "weak comparison works both ways";
}

struct range_case {
  const char* text;
  std::uint64_t size;
  range_kind kind;
  std::uint64_t first = 0, length = 0;
};

TEST(HttpFields, ranges_are_cut_to_what_is_there) {
  const range_case cases[] = {
      {"bytes=0-0", 10, range_kind::partial, 0, 1},
      {"bytes=0-9", 10, range_kind::partial, 0, 10},
      {"bytes=2-4", 10, range_kind::partial, 2, 3},
      {"bytes=2-400", 10, range_kind::partial, 2, 8},
      {"bytes=9-", 10, range_kind::partial, 9, 1},
      {"bytes=-3", 10, range_kind::partial, 7, 3},
      {"bytes=-300", 10, range_kind::partial, 0, 10},
      {" Bytes = 1 - 2 ", 10, range_kind::partial, 1, 2},
      {"bytes=10-", 10, range_kind::unsatisfiable},
      {"bytes=-0", 10, range_kind::unsatisfiable},
      {"bytes=0-", 0, range_kind::unsatisfiable},
      {"bytes=-5", 0, range_kind::unsatisfiable},
      {"bytes=18446744073709551615-", 10, range_kind::unsatisfiable},
      {"bytes=5-4", 10, range_kind::whole},
      {"bytes=0-1,3-4", 10, range_kind::whole},
      {"bytes=18446744073709551616-", 10, range_kind::whole},
      {"bytes=a-b", 10, range_kind::whole},
      {"bytes=-", 10, range_kind::whole},
      {"bytes=--1", 10, range_kind::whole},
      {"bytes=1", 10, range_kind::whole},
      {"bytes=", 10, range_kind::whole},
      {"pages=1-2", 10, range_kind::whole},
      {"", 10, range_kind::whole},
  };
  for (const range_case& c : cases) {
    byte_range range;
    ASSERT_EQ(parse_range(c.text, c.size, range), c.kind) << c.text << " of " << c.size;
    if (c.kind != range_kind::partial) continue;
    EXPECT_EQ(range.first, c.first) << c.text;
    EXPECT_EQ(range.length, c.length) << c.text;
  }
}

TEST(HttpFields, BU05_gzip_is_taken_when_it_is_welcome) {
  for (const char* value : {"gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8", "*", "GZIP",
                            "x-gzip", "identity;q=0.5, gzip;q=0.5", "gzip ; q=0.001", "*;q=0.1"}) {
    EXPECT_TRUE(accepts_gzip(value)) << value;
  }
  for (const char* value : {"", "identity", "br", "gzip;q=0", "gzip;q=0.0, *",
                            "gzip;q=0.4, identity", "*;q=0", "gzi", ",;,", "deflate"}) {
    EXPECT_FALSE(accepts_gzip(value)) << value;
  }
}

}  // namespace
}  // namespace socketio::web
