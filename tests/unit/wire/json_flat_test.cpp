// The reader for short flat arrays: what it takes, what it leaves to simdjson, and that both mean
// the same by it.
#include "wire/json_flat.hpp"

#include "unit/wire/support.hpp"

#include <random>

namespace socketio::wire {
namespace {

using namespace test;

// Read by simdjson: with an attachment in hand the short way is not tried.
std::optional<std::string> by_simdjson(std::string_view text) {
  json_reader reader;
  const std::vector<std::string> attachment(1);
  const auto parsed = reader.parse(text, attachment);
  if (!parsed) return std::nullopt;
  return printed_with(*parsed, never);
}

void expect_taken(std::string_view text) {
  json_flat flat;
  ASSERT_TRUE(flat.parse(text)) << text;
  EXPECT_EQ(printed_with(flat.root(), never), by_simdjson(text)) << text;
}

void expect_refused(std::string_view text) {
  json_flat flat;
  EXPECT_FALSE(flat.parse(text)) << text;
}

TEST(JsonFlat, takes_plain_scalars) {
  for (const std::string_view text :
       {R"(["echo"])", R"(["move",12,-3,true,false,null])", "[ \"a\" ,\t1\n ] ", R"(["",""])",
        R"([0])", R"([-0])", R"([999999999999999999,-999999999999999999])", R"(["é","日本","😀"])",
        R"([1,2,3,4,5,6,7,8])"}) {
    expect_taken(text);
  }
}

TEST(JsonFlat, leaves_everything_else_to_simdjson) {
  for (const std::string_view text : {"",
                                      " ",
                                      "[]",
                                      "[ ]",
                                      "null",
                                      "7",
                                      "\"x\"",
                                      "{}",
                                      "[[1]]",
                                      "[{}]",
                                      "[1.5]",
                                      "[1e3]",
                                      "[1E3]",
                                      R"(["a\n"])",
                                      R"(["\u0041"])",
                                      "[1,2,3,4,5,6,7,8,9]",
                                      "[1000000000000000000]",
                                      "[01]",
                                      "[-]",
                                      "[--1]",
                                      "[+1]",
                                      "[.5]",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "[\"a]",
                                      "[\"a\"",
                                      "[tru]",
                                      "[truee]",
                                      "[nul",
                                      "[1]x",
                                      "[1]]",
                                      "[\"a\tb\"]",
                                      "[\"\xFF\"]",
                                      "[\"\xED\xA0\x80\"]",
                                      "['a']",
                                      "[\xEF\xBB\xBF"
                                      "1]",
                                      "[NaN]",
                                      "[\0]",
                                      "x[1]"}) {
    expect_refused(text);
  }
}

TEST(JsonFlat, refuses_every_beginning_of_a_text) {
  constexpr std::string_view text = R"(["message",-120,"sixteen and more characters",true,null])";
  expect_taken(text);
  for (std::size_t length = 0; length < text.size(); ++length)
    expect_refused(text.substr(0, length));
}

// Strings of every length around the width of a vector, with every character that ends or bends
// them at every place.
TEST(JsonFlat, finds_the_end_of_strings_wherever_it_is) {
  for (std::size_t length = 0; length < 50; ++length) {
    const std::string plain(length, 'x');
    expect_taken("[\"" + plain + "\",1]");
    for (std::size_t at = 0; at < length; ++at) {
      for (const char c : {'\\', '\n', '\x1F', '\xFF', '\0'}) {
        std::string text = plain;
        text[at] = c;
        expect_refused("[\"" + text + "\"]");
      }
      std::string text = plain;
      text[at] = '\x7F';
      expect_taken("[\"" + text + "\"]");
      text.replace(at, 1, "ü");
      expect_taken("[\"" + text + "\"]");
    }
  }
}

// Texts made of the pieces that matter, in any order: most are malformed.
TEST(JsonFlat, agrees_with_simdjson_on_whatever_it_takes) {
  constexpr std::string_view pieces[] = {"[", "]", ",", " ",     "\"",       "a",    "\\",
                                         "1", "-", "0", ".",     "e",        "true", "null",
                                         "{", "}", ":", "\"b\"", "\xC3\xA9", "\xC3"};
  std::mt19937 random(7);
  std::size_t taken = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = "[";
    for (unsigned i = 0, count = 1 + random() % 7; i < count; ++i)
      text += pieces[random() % std::size(pieces)];
    text += "]";
    json_flat flat;
    if (!flat.parse(text)) continue;
    ++taken;
    ASSERT_EQ(printed_with(flat.root(), never), by_simdjson(text)) << text;
  }
  EXPECT_GT(taken, 1000u);
}

TEST(JsonFlat, converts_as_simdjson_does) {
  json_flat flat;
  ASSERT_TRUE(flat.parse(R"([-1,7,"7",true])"));
  input::walk walk(flat.root());
  input negative, natural, text, yes;
  ASSERT_TRUE(walk.next(negative) && walk.next(natural) && walk.next(text) && walk.next(yes));
  std::uint64_t whole = 0;
  double number = 0;
  bool boolean = false;
  EXPECT_FALSE(negative.get(whole));
  EXPECT_TRUE(negative.get(number));
  EXPECT_EQ(number, -1);
  EXPECT_TRUE(natural.get(whole));
  EXPECT_EQ(whole, 7u);
  EXPECT_FALSE(text.get(number));
  EXPECT_FALSE(text.get(boolean));
  EXPECT_TRUE(yes.get(boolean));
  EXPECT_TRUE(boolean);
  input beyond;
  EXPECT_FALSE(walk.next(beyond));
  EXPECT_FALSE(input::walk(text).next(beyond)) << "a string has no elements";
}

}  // namespace
}  // namespace socketio::wire
