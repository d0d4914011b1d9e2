// value: what it holds, how its members are found, and what it looks like as text.
#include "socketio/value.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace socketio {
namespace {

TEST(Value, has_the_kind_of_what_it_was_made_from) {
  const std::pair<value, kind> table[] = {
      {value(), kind::null},
      {nullptr, kind::null},
      {true, kind::boolean},
      {5, kind::integer},
      {5u, kind::integer},
      {'a', kind::integer},
      {1.5, kind::number},
      {"text", kind::string},
      {std::string_view("text"), kind::string},
      {std::string("text"), kind::string},
      {binary("bytes"), kind::binary},
      {value::list({1, 2}), kind::array},
      {value::map({{"a", 1}}), kind::object},
  };
  for (const auto& [what, expected] : table) EXPECT_EQ(what.type(), expected);
}

TEST(Value, is_told_by_one_accessor_only) {
  const value five(5);
  EXPECT_EQ(*five.as_integer(), 5);
  EXPECT_EQ(five.as_number(), nullptr);
  EXPECT_EQ(five.as_bool(), nullptr);
  EXPECT_EQ(five.as_string(), nullptr);
  EXPECT_EQ(five.as_binary(), nullptr);
  EXPECT_EQ(five.as_array(), nullptr);
  EXPECT_EQ(five.as_object(), nullptr);
}

TEST(Value, integers_beyond_63_bits_are_numbers_as_in_JavaScript) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(value(most), value(18446744073709551615.0));
  EXPECT_EQ(value(std::uint64_t{1} << 63), value(9223372036854775808.0));
  EXPECT_EQ(value((std::uint64_t{1} << 63) - 1), value(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(value(std::numeric_limits<std::int64_t>::min()).type(), kind::integer);
}

TEST(Value, a_member_that_is_not_there_is_null) {
  const value object = value::map({{"a", 1}});
  EXPECT_EQ(object["a"], value(1));
  EXPECT_TRUE(object["b"].is_null());
  EXPECT_TRUE(object["b"]["c"].is_null());
  const value five(5);
  EXPECT_TRUE(five["a"].is_null());
  EXPECT_TRUE(object[0].is_null());
  EXPECT_TRUE(object.contains("a"));
  EXPECT_FALSE(object.contains("b"));
  const value list = value::list({1, "two"});
  EXPECT_EQ(list[1], value("two"));
  EXPECT_TRUE(list[2].is_null());
  EXPECT_FALSE(list.contains("a"));
}

TEST(Value, a_member_is_added_where_it_is_assigned) {
  value made;
  made["a"]["b"] = 1;
  made["c"] = "two";
  made["a"]["b"] = 3;
  EXPECT_EQ(made.to_string(), R"({"a":{"b":3},"c":"two"})");
  value five(5);
  EXPECT_THROW(five["a"], std::logic_error);
}

TEST(Value, of_members_with_one_name_the_last_counts) {
  value twice = value::map({{"role", "user"}, {"role", "admin"}});
  EXPECT_EQ(std::as_const(twice)["role"], value("admin"));
  twice["role"] = "nobody";
  EXPECT_EQ(std::as_const(twice)["role"], value("nobody"));
  EXPECT_EQ(value::from(detail::input_of(twice)), value::map({{"role", "nobody"}}));
}

TEST(Value, a_copy_drops_all_but_the_last_of_many_members_with_one_name) {
  value::object members;
  for (int i = 0; i < 10'000; i++) members.emplace_back("k" + std::to_string(i % 5'000), i);
  const value once = value::from(detail::input_of(value(members)));
  ASSERT_EQ(once.as_object()->size(), 5'000u);
  EXPECT_EQ((*once.as_object())[0], value::member("k0", 5'000)) << "at the place of the first";
  EXPECT_EQ((*once.as_object())[4'999], value::member("k4999", 9'999));
}

TEST(Value, copies_are_deep) {
  value first = value::map({{"a", value::list({1})}});
  value second = first;
  second["a"] = 2;
  EXPECT_EQ(first["a"], value::list({1}));
  EXPECT_NE(first, second);
}

TEST(Value, prints_compact_JSON) {
  const value all = value::map({{"null", nullptr},
                                {"list", value::list({true, -7, 0.5, "a\"\\\n\x01"})},
                                {"bytes", binary("abc")},
                                {"empty", value::list({})}});
  EXPECT_EQ(
      all.to_string(),
      R"({"null":null,"list":[true,-7,0.5,"a\"\\\u000a\u0001"],"bytes":{"$binary":3},"empty":[]})");
}

TEST(Value, reads_as_a_packet_does) {
  const value list = value::list({3.0, -1, 0.5, "text", binary("b"), false});
  input::walk walk(detail::input_of(list));
  input at;
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  double number = 0;
  ASSERT_TRUE(walk.next(at));
  EXPECT_TRUE(at.get(integer) && integer == 3);
  ASSERT_TRUE(walk.next(at));
  EXPECT_TRUE(at.get(integer) && integer == -1);
  EXPECT_FALSE(at.get(natural));
  ASSERT_TRUE(walk.next(at));
  EXPECT_TRUE(at.get(number) && number == 0.5);
  EXPECT_FALSE(at.get(integer));
  ASSERT_TRUE(walk.next(at));
  std::string_view text;
  EXPECT_TRUE(at.get_string(text) && text == "text");
  EXPECT_FALSE(at.get_binary(text));
  ASSERT_TRUE(walk.next(at));
  EXPECT_TRUE(at.get_binary(text) && text == "b");
  ASSERT_TRUE(walk.next(at));
  EXPECT_EQ(at.type(), kind::boolean);
  EXPECT_FALSE(walk.next(at));
  EXPECT_FALSE(input::walk(at).next(at)) << "nothing to walk in a boolean";
}

}  // namespace
}  // namespace socketio
