// MessagePack, by hand and against notepack.io (tests/vectors/msgpack.json).
#include "wire/msgpack.hpp"

#include "unit/wire/support.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace socketio::wire {
namespace {

using namespace test;
using namespace std::string_view_literals;

constexpr msgpack_limits usual;

std::string encoded(const value& what) {
  std::string out;
  append_msgpack(what, out);
  return out;
}

std::string shown(const result<value>& decoded) {
  if (!decoded) return "error";
  const value without_duplicates = value::from(detail::input_of(*decoded));
  return printed(detail::input_of(without_duplicates));
}

void check_decoded(const input& one) {
  const auto decoded = decode_msgpack(from_base64(text_of(one, "base64")), usual);
  if (member(one, "error")) {
    EXPECT_FALSE(decoded) << shown(decoded);
    return;
  }
  EXPECT_EQ(shown(decoded), printed(detail::input_of(value_of(*member(one, "value")))));
}

// PK-20
TEST(Msgpack, reads_what_notepack_writes) {
  const vectors all("msgpack");
  for (const char* list : {"same", "one_way", "raw"}) all.each(list, check_decoded);
}

// PK-20, Q-35
TEST(Msgpack, writes_what_notepack_writes) {
  vectors("msgpack").each("same", [](const input& one) {
    EXPECT_EQ(encoded(value_of(*member(one, "value"))), from_base64(text_of(one, "base64")));
  });
  vectors("msgpack").each("long", [](const input& one) {
    const std::string text(number_of<std::uint64_t>(one, "times"), 'a');
    EXPECT_EQ(encoded(text).substr(0, 6), from_base64(text_of(one, "head")));
    EXPECT_EQ(*decode_msgpack(encoded(text), usual), value(text));
  });
}

TEST(Msgpack, what_is_broken_is_an_error) {
  vectors("msgpack").each("broken", [](const input& one) {
    EXPECT_EQ(decode_msgpack(from_base64(text_of(one, "base64")), usual).error(),
              wire_errc::invalid_msgpack);
  });
}

// What was garbled either is an error, or a value that is written and read again the same.
TEST(Msgpack, what_is_garbled_is_a_value_or_an_error) {
  vectors("msgpack").each("garbled", [](const input& one) {
    const auto decoded = decode_msgpack(from_base64(text_of(one, "base64")), usual);
    if (!decoded) return;
    EXPECT_EQ(shown(decode_msgpack(encoded(*decoded), usual)), shown(decoded));
  });
}

TEST(Msgpack, every_cut_is_an_error) {
  const std::string whole = encoded(value::map(
      {{"type", 2},
       {"data", value::list({"x", 1.5, -70000, std::int64_t{1} << 40, binary("\1\2\3"sv), true,
                             value(), std::string(300, 'a'), value::map({{"k", 1}})})}}));
  ASSERT_TRUE(decode_msgpack(whole, usual));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(decode_msgpack(whole.substr(0, length), usual)) << length;
  EXPECT_FALSE(decode_msgpack(whole + "\xc0", usual)) << "trailing bytes";
}

TEST(Msgpack, whole_numbers_are_exact_as_far_as_64_bits_with_a_sign) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t number : {std::int64_t{0}, (std::int64_t{1} << 53) + 1, most, most - 1,
                                    least, least + 1, -(std::int64_t{1} << 53) - 1}) {
    const auto again = decode_msgpack(encoded(number), usual);
    ASSERT_TRUE(again);
    ASSERT_TRUE(again->as_integer()) << number;
    EXPECT_EQ(*again->as_integer(), number);
  }
  const auto beyond = decode_msgpack("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"sv, usual);
  ASSERT_TRUE(beyond && beyond->as_number());
  EXPECT_EQ(*beyond->as_number(), 0x1p64);
}

TEST(Msgpack, numbers_that_are_whole_are_written_as_such) {
  EXPECT_EQ(encoded(3.0), "\x03");
  EXPECT_EQ(encoded(-0.0), "\0"sv);
  EXPECT_EQ(encoded(-33.0), "\xd0\xdf");
  EXPECT_EQ(encoded(0x1p63), "\xcf\x80\0\0\0\0\0\0\0"sv);
  EXPECT_EQ(encoded(0x1p64).front(), '\xcb');
  EXPECT_EQ(encoded(-0x1p64).front(), '\xcb');
}

TEST(Msgpack, numbers_that_are_none_pass) {
  for (const double odd : {std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity(), std::nan("")}) {
    const auto again = decode_msgpack(encoded(odd), usual);
    ASSERT_TRUE(again && again->as_number());
    EXPECT_EQ(std::isnan(*again->as_number()), std::isnan(odd));
    EXPECT_TRUE(std::isnan(odd) || *again->as_number() == odd);
  }
}

TEST(Msgpack, text_that_is_not_utf_8_is_repaired) {
  EXPECT_EQ(encoded("a\xFF"),
            "\xa4"
            "a\xEF\xBF\xBD");
  EXPECT_EQ(*decode_msgpack("\xa2"
                            "a\xFF",
                            usual),
            value("a\xEF\xBF\xBD"));
}

TEST(Msgpack, PK20_dates_are_what_toISOString_writes) {
  for (const auto& [ms, text] : std::vector<std::pair<std::int64_t, std::string>>{
           {0, "1970-01-01T00:00:00.000Z"},
           {-1, "1969-12-31T23:59:59.999Z"},
           {951'782'400'123, "2000-02-29T00:00:00.123Z"},
           {-62'198'755'200'000, "-000001-01-01T00:00:00.000Z"},
           {8'640'000'000'000'000, "+275760-09-13T00:00:00.000Z"},
           {-8'640'000'000'000'000, "-271821-04-20T00:00:00.000Z"},
           {8'640'000'000'000'001, ""},
           {std::numeric_limits<std::int64_t>::min(), ""}})
    EXPECT_EQ(iso_date(ms), text) << ms;
}

TEST(Msgpack, depth_has_a_limit) {
  const auto nested = [](std::size_t depth, const char* open) {
    std::string bytes;
    for (std::size_t i = 0; i < depth; i++) bytes += open;
    return bytes + "\xc0";
  };
  for (const char* open : {"\x91", "\x81\xa1k"}) {
    EXPECT_TRUE(decode_msgpack(nested(256, open), usual));
    EXPECT_EQ(decode_msgpack(nested(257, open), usual).error(), wire_errc::msgpack_too_deep);
  }
  EXPECT_TRUE(decode_msgpack(encoded(value::list({value::array(), value::array()})), {2, 100}))
      << "beside each other is not in each other";
}

TEST(Msgpack, elements_have_a_limit) {
  EXPECT_TRUE(decode_msgpack("\x93\xc0\xc0\xc0", {10, 4}));
  EXPECT_EQ(decode_msgpack("\x93\xc0\xc0\xc0", {10, 3}).error(), wire_errc::msgpack_too_many);
  EXPECT_EQ(decode_msgpack("\x81\xa1k\xc0", {10, 2}).error(), wire_errc::msgpack_too_many);
}

}  // namespace
}  // namespace socketio::wire
