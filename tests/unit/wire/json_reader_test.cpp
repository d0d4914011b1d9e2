// Reading JSON in place: kinds, conversions, limits, attachments. What is JSON and what is not is
// compared with JavaScript in json_vectors_test.cpp.
#include "unit/wire/support.hpp"
#include "wire/error.hpp"
#include "wire/json_repair.hpp"

#include <limits>

namespace socketio::wire {
namespace {

using namespace test;

TEST(JsonReader, tells_the_kinds_apart) {
  const std::pair<std::string_view, kind> table[] = {
      {"null", kind::null},
      {"true", kind::boolean},
      {"7", kind::integer},
      {"-7", kind::integer},
      {"1.5", kind::number},
      {"1e3", kind::number},
      {"\"x\"", kind::string},
      {"[]", kind::array},
      {"{}", kind::object},
      {"18446744073709551615", kind::integer},
      {"18446744073709551616", kind::number},
  };
  json_reader reader;
  for (const auto& [text, expected] : table) {
    const auto parsed = reader.parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->type(), expected) << text;
  }
}

template <class T>
std::optional<T> as(std::string_view text) {
  json_reader reader;
  const auto parsed = reader.parse(text);
  EXPECT_TRUE(parsed) << text;
  T out{};
  return parsed && parsed->get(out) ? std::optional(out) : std::nullopt;
}

TEST(JsonReader, numbers_convert_where_nothing_is_lost) {
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(as<std::int64_t>("-9223372036854775808"), low);
  EXPECT_EQ(as<std::int64_t>("9223372036854775807"), high);
  EXPECT_EQ(as<std::int64_t>("9223372036854775808"), std::nullopt);
  EXPECT_EQ(as<std::int64_t>("-9223372036854777857"), std::nullopt);
  EXPECT_EQ(as<std::int64_t>("-9223372036854775809"), std::nullopt);
  EXPECT_EQ(as<std::int64_t>("9007199254740993"),
            9007199254740993);  // beyond what a double can say
  EXPECT_EQ(as<std::int64_t>("-9.223372036854775808e18"), low);
  EXPECT_EQ(as<std::int64_t>("9.223372036854775808e18"), std::nullopt);
  EXPECT_EQ(as<std::int64_t>("3.0"), 3);
  EXPECT_EQ(as<std::int64_t>("-0.0"), 0);
  EXPECT_EQ(as<std::int64_t>("3.5"), std::nullopt);
  EXPECT_EQ(as<std::uint64_t>("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(as<std::uint64_t>("18446744073709551616"), std::nullopt);
  EXPECT_EQ(as<std::uint64_t>("-1"), std::nullopt);
  EXPECT_EQ(as<std::uint64_t>("-1.0"), std::nullopt);
  EXPECT_EQ(as<std::uint64_t>("1e19"), 10'000'000'000'000'000'000u);
  EXPECT_EQ(as<double>("2"), 2.0);
  EXPECT_EQ(as<double>("-0.5"), -0.5);
  EXPECT_EQ(as<double>("18446744073709551615"), 18446744073709551615.0);
  EXPECT_EQ(as<double>("\"2\""), std::nullopt);
  EXPECT_EQ(as<bool>("1"), std::nullopt);
  EXPECT_EQ(as<bool>("true"), true);
  EXPECT_EQ(as<std::int64_t>("true"), std::nullopt);
}

TEST(JsonReader, a_conversion_that_fails_leaves_the_target_alone) {
  json_reader reader;
  const auto parsed = reader.parse(R"(["text",1.5,-1])");
  ASSERT_TRUE(parsed);
  input::walk walk(*parsed);
  std::int64_t number = 42;
  std::uint64_t natural = 42;
  std::string_view text = "before";
  input element;
  ASSERT_TRUE(walk.next(element));
  EXPECT_FALSE(element.get(number));
  ASSERT_TRUE(walk.next(element));
  EXPECT_FALSE(element.get(number));
  EXPECT_FALSE(element.get_string(text));
  ASSERT_TRUE(walk.next(element));
  EXPECT_FALSE(element.get(natural));
  EXPECT_EQ(number, 42);
  EXPECT_EQ(natural, 42u);
  EXPECT_EQ(text, "before");
}

TEST(JsonReader, walks_arrays_and_objects_in_order) {
  json_reader reader;
  const auto parsed = reader.parse(R"({"b":[1,[2,3],{}],"a":{"x":"y"},"":null})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(printed(*parsed), R"({"b":[1,[2,3],{}],"a":{"x":"y"},"":null})");
  input::walk walk(*parsed);
  std::string keys;
  std::string_view key;
  for (input value; walk.next(key, value);) keys += "[" + std::string(key) + "]";
  EXPECT_EQ(keys, "[b][a][]");
  input value;
  EXPECT_FALSE(walk.next(key, value));  // and stays at the end
}

TEST(JsonReader, a_scalar_has_nothing_to_walk) {
  json_reader reader;
  for (const std::string_view text : {"1", "\"x\"", "null", "true"}) {
    const auto parsed = reader.parse(text);
    ASSERT_TRUE(parsed);
    input element;
    EXPECT_FALSE(input::walk(*parsed).next(element)) << text;
  }
}

TEST(JsonReader, depth_has_a_limit) {
  json_reader reader(8);
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  const auto objects = [](std::size_t depth) {
    std::string text;
    for (std::size_t i = 1; i < depth; ++i) text += "{\"a\":";
    return text + "{}" + std::string(depth - 1, '}');
  };
  EXPECT_TRUE(reader.parse(nested(8)));
  EXPECT_EQ(reader.parse(nested(9)).error(), wire_errc::json_too_deep);
  EXPECT_TRUE(reader.parse(objects(8)));
  EXPECT_EQ(reader.parse(objects(9)).error(), wire_errc::json_too_deep);
  EXPECT_EQ(reader.parse(nested(100'000)).error(), wire_errc::json_too_deep);
  EXPECT_TRUE(reader.parse(nested(8)));  // the reader is as good as new
  EXPECT_TRUE(json_reader().parse(nested(256)));
  EXPECT_EQ(json_reader().parse(nested(257)).error(), wire_errc::json_too_deep);
}

TEST(JsonReader, an_error_says_which) {
  json_reader reader;
  for (const std::string_view text :
       {"", " ", "[1,", "nul", "\"\n\"", "{\"a\"}", "1 1", "\\", "[\"\\x\"]"}) {
    EXPECT_EQ(reader.parse(text).error(), wire_errc::invalid_json) << text;
  }
}

TEST(JsonReader, every_cut_of_a_text_is_refused_or_means_less) {
  const std::string_view text = R"({"a":[1,-2.5e3,"\u00e9\n",true,null],"b":{}})";
  json_reader reader;
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(reader.parse(text.substr(0, length))) << length;
  }
  EXPECT_TRUE(reader.parse(text));
}

TEST(JsonReader, texts_may_grow_and_shrink) {
  json_reader reader;
  for (const std::size_t size : {1u, 1000u, 1023u, 1024u, 1025u, 5u, 100'000u, 3u, 1'000'000u}) {
    const std::string text = "\"" + std::string(size, 'x') + "\"";
    const auto parsed = reader.parse(text);
    ASSERT_TRUE(parsed) << size;
    EXPECT_EQ(text_of(*parsed).size(), size);
  }
  std::string commas = "[";
  for (int i = 0; i < 100'000; ++i) commas += "7,";  // the most tape for each byte
  EXPECT_TRUE(reader.parse(commas + "7]"));
}

TEST(JsonReader, bytes_that_are_not_utf8_become_replacement_characters) {
  json_reader reader;
  const auto parsed = reader.parse("[\"a\xFF\",\"\xE2\x82\"]");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(printed(*parsed), "[\"a\xEF\xBF\xBD\",\"\xEF\xBF\xBD\"]");
  EXPECT_FALSE(reader.parse("[\xFF]"));
}

// JS differs: JSON.parse("1e400") is Infinity. No peer writes that, and JSON could not say it back.
TEST(JsonReader, numbers_beyond_a_double_are_refused) {
  json_reader reader;
  EXPECT_EQ(reader.parse("1e400").error(), wire_errc::invalid_json);
  EXPECT_EQ(reader.parse(std::string(400, '9')).error(), wire_errc::invalid_json);
}

TEST(JsonReader, the_second_try_repairs_only_what_it_should) {
  EXPECT_EQ(repaired_json(R"({"a":92345678901234567890,"b":"92345678901234567890"})"),
            R"({"a":92345678901234567890e0,"b":"92345678901234567890"})");
  // what fits stays exact, whatever stands beside it
  EXPECT_EQ(repaired_json("[18446744073709551615,18446744073709551616,9007199254740993]"),
            "[18446744073709551615,18446744073709551616e0,9007199254740993]");
  EXPECT_EQ(repaired_json("[-9223372036854775808,-9223372036854775809]"),
            "[-9223372036854775808,-9223372036854775809e0]");
  EXPECT_EQ(repaired_json("[1234567890123456789012.5,1234567890123456789012e2]"),
            "[1234567890123456789012.5,1234567890123456789012e2]");
  EXPECT_EQ(repaired_json(R"("\\ud800\ud800")"), R"("\\ud800\ufffd")");
  EXPECT_EQ(repaired_json(R"("\ud83d\ude00")"), R"("\ud83d\ude00")");
  EXPECT_EQ(repaired_json("\"\\"), "\"\\");
  EXPECT_EQ(repaired_json("\"\\u"), "\"\\u");
  EXPECT_EQ(repaired_json("\"\\ud8"), "\"\\ud8");
}

const std::vector<std::string> two = {"first", std::string("\0\xFF", 2)};

TEST(JsonReader, PK11_placeholders_are_binary_where_there_are_attachments) {
  json_reader reader;
  const auto text =
      R"(["e",{"_placeholder":true,"num":1},{"x":{"num":0,"more":[],"_placeholder":true}}])";
  const auto parsed = reader.parse(text, two);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(
      printed(*parsed),
      R"(["e",{"_placeholder":true,"num":0},{"x":{"_placeholder":true,"num":1}}] + AP8= + Zmlyc3Q=)");
  input::walk walk(*parsed);
  input element;
  walk.next(element);
  walk.next(element);
  EXPECT_EQ(element.type(), kind::binary);
  EXPECT_FALSE(input::walk(element).next(element));
  std::string_view text_value;
  EXPECT_FALSE(element.get_string(text_value));
}

TEST(JsonReader, PK11_a_placeholder_in_a_plain_packet_is_data) {
  json_reader reader;
  const auto parsed = reader.parse(R"([{"_placeholder":true,"num":5}])");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(printed(*parsed), R"([{"_placeholder":true,"num":5}])");
  std::string_view bytes;
  EXPECT_FALSE(parsed->get_binary(bytes));
}

TEST(JsonReader, PK10_a_placeholder_without_its_attachment_is_illegal) {
  json_reader reader;
  for (const std::string_view num :
       {"2", "-1", "0.5", "\"0\"", "null", "true", "1e300", "[0]", "{}"}) {
    const std::string text = "[[{\"x\":{\"_placeholder\":true,\"num\":" + std::string(num) + "}}]]";
    EXPECT_EQ(reader.parse(text, two).error(), wire_errc::illegal_attachments) << num;
  }
  EXPECT_EQ(reader.parse(R"([{"_placeholder":true}])", two).error(),
            wire_errc::illegal_attachments);
}

TEST(JsonReader, PK11_all_uses_of_attachments_together_have_a_limit) {
  json_reader reader;
  const std::string text =
      R"([{"_placeholder":true,"num":0},[{"_placeholder":true,"num":0}],{"_placeholder":true,"num":1}])";
  EXPECT_TRUE(reader.parse(text, two));
  EXPECT_TRUE(reader.parse(text, two, 12));
  EXPECT_EQ(reader.parse(text, two, 11).error(), wire_errc::attachments_too_big);
  EXPECT_TRUE(reader.parse("[1]", two, 0));
  EXPECT_TRUE(reader.parse(text, {}, 0)) << "without attachments they are data";
}

TEST(JsonReader, keeps_an_owner_until_the_next_parse) {
  json_reader reader;
  auto owner = std::make_shared<const int>(1);
  const std::weak_ptr<const int> watched = owner;
  ASSERT_TRUE(reader.parse("1"));
  reader.keep(std::move(owner));
  EXPECT_FALSE(watched.expired());
  ASSERT_TRUE(reader.parse("2"));
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace socketio::wire
