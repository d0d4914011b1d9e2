// DEFLATE as permessage-deflate uses it: round trips, what `ws` sends, what is wrong, and bombs.
#include "wire/deflate.hpp"

#include "unit/wire/support.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace socketio::wire {
namespace {

constexpr std::size_t no_limit = std::size_t{1} << 40;
using outcome = inflater::outcome;

std::string deflated(std::string_view plain) {
  std::string out;
  deflater(deflate_format::raw, -1, 8, 15).add_message(plain, out);
  return out;
}

std::string inflated(std::string_view compressed, std::size_t bytes_max = no_limit) {
  std::string out;
  EXPECT_EQ(inflater(15).message(compressed, bytes_max, out), outcome::complete);
  return out;
}

outcome outcome_of(std::string_view compressed, std::size_t bytes_max = no_limit) {
  std::string out;
  const auto result = inflater(15).message(compressed, bytes_max, out);
  EXPECT_LE(out.size(), bytes_max);
  return result;
}

std::vector<std::string> samples() {
  std::mt19937 random(7692);
  std::string noise(100'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  std::string text;
  while (text.size() < 100'000) text += R"({"id":)" + std::to_string(random() % 1000) + "},";
  return {"", "a", "Hello", std::string(70'000, 'x'), text, noise, text + noise};
}

TEST(Deflate, RFC7692_7_2_3_the_examples_of_the_rfc_are_read) {
  const std::string one_block("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  const std::string no_compression("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11);
  const std::string final_block("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8);
  const std::string two_blocks("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13);
  for (const auto& message : {one_block, no_compression, final_block, two_blocks})
    EXPECT_EQ(inflated(message), "Hello");
  EXPECT_EQ(inflated(std::string_view("\0", 1)), "");  // section 7.2.3.6
  EXPECT_EQ(inflated(""), "");
  EXPECT_EQ(deflated("Hello"), one_block);
  EXPECT_EQ(deflated(""), std::string_view("\0", 1));
}

TEST(Deflate, what_is_written_is_read_again) {
  for (const std::string& plain : samples()) {
    for (const int level : {-1, 0, 1, 9}) {
      for (const int window : {9, 12, 15}) {
        for (const int memory : {1, 8, 9}) {
          std::string compressed = "before", out;
          deflater(deflate_format::raw, level, memory, window).add_message(plain, compressed);
          ASSERT_TRUE(compressed.starts_with("before"));
          compressed.erase(0, 6);
          ASSERT_EQ(inflater(window).message(compressed, no_limit, out), outcome::complete);
          ASSERT_EQ(out, plain) << level << ' ' << window << ' ' << memory;
        }
      }
    }
  }
}

// A message that repeats the one before is a few bytes; after forget() it stands alone.
TEST(Deflate, the_context_goes_on_until_it_is_forgotten) {
  const std::string plain = samples()[5].substr(0, 1000);  // noise: only the context helps
  deflater out(deflate_format::raw, -1, 8, 15);
  std::string first, second, third, read;
  out.add_message(plain, first);
  out.add_message(plain, second);
  out.forget();
  out.add_message(plain, third);
  EXPECT_LT(second.size(), 50u);
  EXPECT_EQ(third, first);

  inflater in(15);
  for (const auto& message : {first, second, third}) {
    ASSERT_EQ(in.message(message, no_limit, read), outcome::complete);
    ASSERT_EQ(read, plain);
  }
  EXPECT_EQ(inflater(15).message(second, no_limit, read), outcome::malformed);
  in.forget();
  EXPECT_EQ(in.message(second, no_limit, read), outcome::malformed);
  in.forget();
  EXPECT_EQ(in.message(first, no_limit, read), outcome::complete);
}

TEST(Deflate, empty_messages_stand_between_others) {
  deflater out(deflate_format::raw, -1, 8, 15);
  inflater in(15);
  for (const std::string_view plain : {"", "", "one", "", "one", "", ""}) {
    std::string compressed, read = "old";
    out.add_message(plain, compressed);
    ASSERT_FALSE(compressed.empty());
    ASSERT_EQ(in.message(compressed, no_limit, read), outcome::complete);
    ASSERT_EQ(read, plain);
  }
}

// CP-08: exactly the limit passes, one byte more does not, and nobody gets more than the limit.
TEST(Deflate, the_limit_is_exact) {
  for (const std::string& plain : samples()) {
    const std::string compressed = deflated(plain);
    EXPECT_EQ(inflated(compressed, plain.size()), plain);
    if (plain.empty()) continue;
    EXPECT_EQ(outcome_of(compressed, plain.size() - 1), outcome::too_big);
    EXPECT_EQ(outcome_of(compressed, 0), outcome::too_big);
    EXPECT_EQ(outcome_of(compressed, plain.size() / 2), outcome::too_big);
  }
}

TEST(Deflate, a_message_that_is_cut_anywhere_is_not_taken_for_a_whole_one) {
  const std::string plain = samples()[4].substr(0, 700);
  const std::string compressed = deflated(plain);
  for (std::size_t length = 1; length < compressed.size(); ++length) {
    std::string out;
    const auto result = inflater(15).message(compressed.substr(0, length), no_limit, out);
    ASSERT_TRUE(result == outcome::malformed || out != plain) << length;
    // What stands before the last block, which is empty, may be whole.
    ASSERT_TRUE(length + 1 == compressed.size() || result == outcome::malformed) << length;
  }
}

TEST(Deflate, nonsense_is_malformed) {
  EXPECT_EQ(outcome_of("\x07"), outcome::malformed);  // a kind of block that does not exist
  EXPECT_EQ(outcome_of(std::string_view("\x00\x05\x00\x05\x00Hello", 10)), outcome::malformed);
  EXPECT_EQ(outcome_of("\xff\xff\xff\xff"), outcome::malformed);
}

// RFC7692_7_2_3_4: final blocks; what stands behind one goes on without context.
TEST(Deflate, a_final_block_may_end_a_message_or_stand_inside) {
  std::string whole;
  deflater(deflate_format::raw, -1, 8, 15).add_stream("Hello", whole);
  EXPECT_EQ(inflated(whole), "Hello");
  EXPECT_EQ(inflated(whole + '\0'), "Hello");
  EXPECT_EQ(inflated(whole + whole + deflated(" there")), "HelloHello there");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += whole;
  EXPECT_EQ(inflated(many).size(), 5000u);
  EXPECT_EQ(outcome_of(many, 4999), outcome::too_big);
}

// CP-08: half a million empty final blocks in a megabyte. If each cost more than a little, this
// would take minutes.
TEST(Deflate, many_final_blocks_cost_little) {
  std::string many;
  for (int i = 0; i < 500'000; ++i) many.append("\x03\x00", 2);
  EXPECT_EQ(inflated(many, 8'000'000), "");
  EXPECT_EQ(inflated(many + deflated("Hello"), 8'000'000), "Hello");
}

TEST(Deflate, streams_of_all_formats_can_be_made_again_and_again) {
  for (const auto format : {deflate_format::raw, deflate_format::zlib, deflate_format::gzip}) {
    deflater stream(format, 9, 9, 15);
    for (const std::string& content : samples()) {
      std::string first, second;
      stream.add_stream(content, first);
      stream.add_stream(content, second);
      EXPECT_EQ(first, second);
      EXPECT_TRUE(format != deflate_format::raw || inflated(first) == content);
    }
  }
}

// CP-05, CP-06: what a client made of `ws` sends.
TEST(DeflateVectors, messages_of_ws_are_read) {
  test::vectors("deflate").each("messages", [](const input& one) {
    bool takeover = false;
    const auto flag = test::member(one, "takeover");
    ASSERT_TRUE(flag && flag->get(takeover));
    inflater in(static_cast<int>(test::number_of<std::int64_t>(one, "bits")));
    const auto list = test::member(one, "list");
    ASSERT_TRUE(list);
    input::walk walk(*list);
    for (input message; walk.next(message);) {
      std::string out;
      ASSERT_EQ(in.message(test::from_hex(test::text_of(message, "deflated")), no_limit, out),
                outcome::complete);
      ASSERT_EQ(out, test::from_hex(test::text_of(message, "plain")));
      if (!takeover) in.forget();
    }
  });
}

}  // namespace
}  // namespace socketio::wire
