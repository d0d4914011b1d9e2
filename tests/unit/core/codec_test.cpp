// How C++ types travel: every supported type both ways, over JSON and over values, and what does
// not fit.
#include "core/hub.hpp"
#include "socketio/detail/payload.hpp"
#include "wire/json.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <list>
#include <map>
#include <set>
#include <unordered_map>

namespace shop {  // a user's own namespace

enum class colour : unsigned char { red = 1, green = 2 };

struct item {
  std::string name;
  double price = 0;
  std::optional<colour> paint;
  friend bool operator==(const item&, const item&) = default;
};

class order {  // not an aggregate: needs the one line
 public:
  order() = default;
  order(int number, std::vector<item> of) : id(number), items(std::move(of)) {}
  int id = 0;
  std::vector<item> items;
  std::string not_sent = "default";
  friend bool operator==(const order&, const order&) = default;
};
SOCKETIO_FIELDS(order, id, items);

struct many {
  int a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9, j = 10, k = 11, l = 12, m = 13,
      n = 14, o = 15, p = 16;
  friend bool operator==(const many&, const many&) = default;
};

struct tree {
  int value = 0;
  std::vector<tree> children;
  friend bool operator==(const tree&, const tree&) = default;
};

struct counted {
  int what = 0;
  static inline std::size_t decodes = 0;
};

struct knot {
  counted v;
  std::vector<knot> kids;
};

struct money {
  long cents = 0;
  friend bool operator==(const money&, const money&) = default;
};

}  // namespace shop

template <>
struct socketio::codec<shop::money> {  // "1.50"
  static bool decode(const input& in, shop::money& out) {
    std::string_view text;
    if (!in.get_string(text) || text.size() < 4 || text[text.size() - 3] != '.') return false;
    out.cents = std::stol(std::string(text.substr(0, text.size() - 3))) * 100 +
                std::stol(std::string(text.substr(text.size() - 2)));
    return true;
  }
  static void encode(output& out, const shop::money& what) {
    const std::string cents = std::to_string(100 + what.cents % 100).substr(1);
    out.string(std::to_string(what.cents / 100) + "." + cents);
  }
};

template <>
struct socketio::codec<shop::counted> {
  static bool decode(const input& in, shop::counted& out) {
    ++shop::counted::decodes;
    return socketio::decode(in, out.what);
  }
  static void encode(output& out, const shop::counted& what) { out.integer(what.what); }
};

namespace socketio {
namespace {

struct sent {
  std::string text;  // JSON
  std::vector<std::string> blocks;
};

template <class T>
sent encoded(const T& what) {
  detail::payload payload;
  detail::payload::answer(payload, what);
  sent out{std::string(payload.text()), {}};
  for (const auto& bytes : payload.attachments())
    out.blocks.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_TRUE(out.text.starts_with('[') && out.text.ends_with(']'));
  out.text = out.text.substr(1, out.text.size() - 2);
  return out;
}

template <class T>
std::optional<T> decoded(const sent& from) {
  wire::json_reader reader;
  const auto root = reader.parse(from.text, from.blocks);
  T over_json{}, over_value{};
  if (!root) return ADD_FAILURE() << from.text << " is not JSON", std::nullopt;
  const bool fits = decode(*root, over_json);
  const value tree = value::from(*root);
  EXPECT_EQ(decode(detail::input_of(tree), over_value), fits)
      << from.text << ": a value differs from JSON";
  if (!fits) return std::nullopt;
  EXPECT_TRUE(over_json == over_value) << from.text;
  return over_json;
}
template <class T>
std::optional<T> decoded(std::string json) {
  return decoded<T>(sent{std::move(json), {}});
}

// It is written like this, and what is written is read as what it was.
template <class T>
void expect_travels(const T& what, std::string_view json) {
  const sent out = encoded(what);
  EXPECT_EQ(out.text, json);
  const auto back = decoded<T>(out);
  ASSERT_TRUE(back) << json;
  EXPECT_TRUE(*back == what) << json;
}

template <class T>
void expect_misfit(const std::vector<std::string>& texts) {
  for (const auto& json : texts) EXPECT_FALSE(decoded<T>(json)) << json;
}

TEST(Codec, booleans_and_numbers) {
  expect_travels(true, "true");
  expect_travels(false, "false");
  expect_travels(-5, "-5");
  expect_travels(std::int8_t{-128}, "-128");
  expect_travels(std::uint8_t{255}, "255");
  expect_travels(std::numeric_limits<std::int64_t>::min(), "-9223372036854775808");
  expect_travels(std::numeric_limits<std::int64_t>::max(), "9223372036854775807");
  expect_travels(0.5, "0.5");
  expect_travels(1e21, "1e+21");
  expect_travels(-2.5f, "-2.5");
  expect_misfit<bool>({"0", "1", "null", R"("true")", "[]"});
  expect_misfit<int>(
      {"null", "true", "0.5", R"("1")", "2147483648", "-2147483649", "1e300", "[1]"});
  expect_misfit<std::uint8_t>({"-1", "256", "0.1"});
  expect_misfit<std::uint64_t>({"-1", "1e20"});
  expect_misfit<std::int64_t>({"9223372036854775808", "-9223372036854775809"});
  expect_misfit<double>({"null", R"("1")", "true"});
  EXPECT_EQ(decoded<int>("3.0"), 3);
  EXPECT_EQ(decoded<double>("3"), 3.0);
}

TEST(Codec, PK13_what_is_no_number_in_JSON_becomes_null) {
  EXPECT_EQ(encoded(std::numeric_limits<double>::quiet_NaN()).text, "null");
  EXPECT_EQ(encoded(std::numeric_limits<double>::infinity()).text, "null");
}

TEST(Codec, the_largest_unsigned_integer_is_written_whole) {
  EXPECT_EQ(encoded(std::numeric_limits<std::uint64_t>::max()).text, "18446744073709551615");
}

TEST(Codec, strings) {
  expect_travels(std::string("text \"quoted\"\n\u20ac\0end", 21), R"("text \"quoted\"\n)"
                                                                  "\u20ac"
                                                                  R"(\u0000end")");
  EXPECT_EQ(encoded("literal").text, R"("literal")");
  EXPECT_EQ(encoded(std::string_view("view")).text, R"("view")");
  const char* pointer = "pointer";
  EXPECT_EQ(encoded(pointer).text, R"("pointer")");
  expect_misfit<std::string>({"1", "null", "[]", "{}"});
}

TEST(Codec, enums_are_their_number) {
  expect_travels(shop::colour::green, "2");
  expect_misfit<shop::colour>({R"("green")", "256", "-1"});
}

TEST(Codec, optional_is_null_or_the_value) {
  expect_travels(std::optional<int>(), "null");
  expect_travels(std::optional<int>(5), "5");
  expect_travels(std::optional(std::vector<int>{1}), "[1]");
  expect_misfit<std::optional<int>>({R"("5")", "true"});
  expect_travels(nullptr, "null");
  expect_travels(std::monostate{}, "null");
  expect_misfit<std::monostate>({"0", "{}"});
}

TEST(Codec, ranges) {
  expect_travels(std::vector<int>{1, 2, 3}, "[1,2,3]");
  expect_travels(std::vector<int>{}, "[]");
  expect_travels(std::vector<bool>{true, false}, "[true,false]");
  expect_travels(std::list<std::string>{"a"}, R"(["a"])");
  expect_travels(std::deque<double>{0.5}, "[0.5]");
  expect_travels(std::set<int>{3, 1, 2}, "[1,2,3]");
  expect_travels(std::vector<std::vector<int>>{{1}, {}}, "[[1],[]]");
  expect_travels(std::array<int, 3>{1, 2, 3}, "[1,2,3]");
  expect_misfit<std::vector<int>>({R"(["a"])", "{}", "null", R"("abc")", "[1,null]"});
  expect_misfit<std::array<int, 3>>({"[1,2]", R"([1,2,"3"])", "{}"});
}

TEST(Codec, tuples_and_pairs) {
  expect_travels(std::tuple(1, std::string("two"), true), R"([1,"two",true])");
  expect_travels(std::pair(1, std::optional<int>()), "[1,null]");
  EXPECT_EQ((decoded<std::pair<int, std::optional<int>>>("[1]")),
            std::pair(1, std::optional<int>()));
  expect_misfit<std::tuple<int, int>>({"[1]", "1", R"([1,"2"])", "{}"});
}

TEST(Codec, maps) {
  expect_travels(std::map<std::string, int>{{"a", 1}, {"b", 2}}, R"({"a":1,"b":2})");
  expect_travels(std::unordered_map<std::string, std::vector<int>>{{"a", {1}}}, R"({"a":[1]})");
  expect_misfit<std::map<std::string, int>>({"[]", R"({"a":"1"})", "null"});
  EXPECT_EQ((decoded<std::map<std::string, int>>(R"({"a":1,"a":2})")),
            (std::map<std::string, int>{{"a", 2}}));
}

TEST(Codec, PK07_binary_travels_beside_the_text) {
  const sent out =
      encoded(std::tuple(binary("ab"), std::vector<std::byte>{std::byte{1}}, binary()));
  EXPECT_EQ(
      out.text,
      R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}])");
  EXPECT_EQ(out.blocks, (std::vector<std::string>{"ab", "\x01", ""}));
  const auto back = decoded<std::tuple<binary, std::vector<std::byte>, binary>>(out);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, std::tuple(binary("ab"), std::vector<std::byte>{std::byte{1}}, binary()));
  expect_misfit<binary>({R"("ab")", "[1]", R"({"_placeholder":true,"num":0})"});
  EXPECT_FALSE(decoded<std::string>(encoded(binary("ab"))));
  EXPECT_FALSE((decoded<std::map<std::string, value>>(encoded(binary("ab")))));
}

TEST(Codec, values_hold_anything) {
  const value tree = value::map({{"null", nullptr},
                                 {"list", value::list({1, 2.5, "three", true})},
                                 {"deep", value::map({})}});
  expect_travels(tree, R"({"null":null,"list":[1,2.5,"three",true],"deep":{}})");
  expect_travels(values{1, "two"}, R"([1,"two"])");
  const sent out = encoded(value::list({binary("ab")}));
  EXPECT_EQ(decoded<value>(out), value::list({binary("ab")}));
}

TEST(Codec, plain_aggregates_need_no_description) {
  expect_travels(shop::item{"pen", 1.5, shop::colour::red},
                 R"({"name":"pen","price":1.5,"paint":1})");
  EXPECT_EQ(decoded<shop::item>(R"({"price":2,"surplus":[],"name":"ink"})"),
            (shop::item{"ink", 2, {}}));
  expect_travels(
      shop::many{},
      R"({"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"n":14,"o":15,"p":16})");
  expect_travels(shop::tree{1, {{2, {}}, {3, {{4, {}}}}}},
                 R"({"value":1,"children":[{"value":2,"children":[]},)"
                 R"({"value":3,"children":[{"value":4,"children":[]}]}]})");
  expect_misfit<shop::item>(
      {R"({"name":"pen"})", R"({"name":1,"price":1})", "[]", "null", R"(["pen",1.5])"});
}

TEST(Codec, of_members_with_one_name_the_last_counts_everywhere) {
  const shop::item expected{"b", 2, std::nullopt};
  for (const char* text :
       {R"({"name":"a","name":"b","price":2})", R"({"name":"a","price":1,"name":"b","price":2})",
        R"({"name":"a","price":2,"paint":1,"paint":null,"name":"b"})",
        R"({"name":5,"price":2,"name":"b"})"})
    EXPECT_EQ(decoded<shop::item>(text), expected) << text;
  EXPECT_EQ(decoded<shop::item>(R"({"name":"b","price":2,"name":5})"), std::nullopt);
  EXPECT_EQ(decoded<value>(R"({"a":1,"b":2,"a":3})"), value::map({{"a", 3}, {"b", 2}}));
  EXPECT_EQ((decoded<std::map<std::string, int>>(R"({"a":1,"b":2,"a":3})")),
            (std::map<std::string, int>{{"a", 3}, {"b", 2}}));
}

// `depth` structs inside each other; `member` comes behind the kids of each.
std::string knots(std::size_t depth, const std::string& member, const std::string& innermost) {
  std::string text = R"({"v":)" + innermost + R"(,"kids":[])" + member + "}";
  for (std::size_t i = 1; i < depth; ++i) {
    text.insert(0, R"({"v":1,"kids":[)");
    text += "]" + member + "}";
  }
  return text;
}

TEST(Codec, a_struct_inside_itself_decodes_each_value_at_most_once) {
  for (const std::size_t depth : {12u, 200u})
    for (const std::string member : {"", R"(,"note":"")", R"(,"v":2)", R"(,"kids":[])"})
      for (const std::string innermost : {"1", "null"}) {
        const std::string text = knots(depth, member, innermost);
        wire::json_reader reader(1000);
        const auto root = reader.parse(text, {});
        ASSERT_TRUE(root);
        shop::knot out;
        shop::counted::decodes = 0;
        const bool last_is_bad = innermost == "null" && member != R"(,"v":2)";
        const bool hidden = member == R"(,"kids":[])" && depth > 1;  // the last kids are none
        EXPECT_EQ(decode(*root, out), hidden || !last_is_bad) << text;
        ASSERT_EQ(shop::counted::decodes, hidden ? 1 : depth) << text;
      }
}

TEST(Codec, numbers_that_a_float_cannot_hold_do_not_fit) {
  EXPECT_EQ(decoded<float>("1.5"), 1.5f);
  EXPECT_EQ(decoded<float>("-3.4e38"), -3.4e38f);
  EXPECT_EQ(decoded<float>("1e39"), std::nullopt);
  EXPECT_EQ(decoded<float>("-1e300"), std::nullopt);
  EXPECT_EQ(decoded<long double>("1e300"), static_cast<long double>(1e300));
}

TEST(Codec, one_line_describes_other_structs) {
  expect_travels(shop::order(7, {{"pen", 1, {}}}),
                 R"({"id":7,"items":[{"name":"pen","price":1,"paint":null}]})");
  EXPECT_EQ(decoded<shop::order>(R"({"items":[],"id":1,"not_sent":"ignored"})"),
            shop::order(1, {}));
  expect_misfit<shop::order>({R"({"id":1})", R"({"id":1,"items":[1]})"});
}

TEST(Codec, a_codec_of_the_users_own_wins) {
  expect_travels(shop::money{150}, R"("1.50")");
  expect_travels(std::vector<shop::money>{{1005}}, R"(["10.05"])");
  expect_misfit<shop::money>({"1.50", R"("1,50")"});
}

TEST(Codec, types_are_called_as_JavaScript_calls_them) {
  using detail::name_for_clients;
  EXPECT_EQ(name_for_clients<bool>(), "boolean");
  EXPECT_EQ(name_for_clients<std::int8_t>(), "integer from -128 to 127");
  EXPECT_EQ(name_for_clients<double>(), "number");
  EXPECT_EQ(name_for_clients<float>(), "number from -3.4028235e38 to 3.4028235e38");
  EXPECT_EQ(name_for_clients<std::string_view>(), "string");
  EXPECT_EQ(name_for_clients<std::optional<binary>>(), "binary or null");
  EXPECT_EQ((name_for_clients<std::vector<std::vector<std::string>>>()),
            "array of array of string");
  EXPECT_EQ((name_for_clients<std::tuple<bool, std::string>>()), "array of boolean, string");
  EXPECT_EQ((name_for_clients<std::map<std::string, int>>()), "object");
  EXPECT_EQ(name_for_clients<shop::tree>(), "object with value, children");
  EXPECT_EQ(name_for_clients<shop::order>(), "object with id, items");
  EXPECT_EQ(name_for_clients<shop::colour>(), "integer");
  EXPECT_EQ(name_for_clients<shop::money>(), "another value");
}

}  // namespace
}  // namespace socketio
