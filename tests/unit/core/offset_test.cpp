// Offsets and private ids as texts. Rows CR-01, CR-02.
#include "core/offset.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace socketio::core {
namespace {

constexpr run_name run{'r', 'u', 'n', '1'};

std::string text_of(const offset& at) {
  const auto text = at.text();
  return {text.data(), text.size()};
}

// CR-02
TEST(Offset, is_a_text_of_one_length_that_reads_back) {
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{63},
                                     std::uint64_t{64}, std::uint64_t{1} << 40, offset::number_max})
    for (const std::uint8_t shard : {0, 1, 63}) {
      const offset at{run, shard, number};
      EXPECT_EQ(text_of(at).size(), offset::length);
      EXPECT_EQ(offset::parse(text_of(at)), at) << text_of(at);
    }
  EXPECT_EQ(text_of({run, 0, 0}), "run1AAAAAAAAA");
  EXPECT_EQ(text_of({run, 1, 65}), "run1BAAAAAABB");
}

TEST(Offset, is_nothing_else) {
  for (const char* text : {"", "run1AAAAAAAA", "run1AAAAAAAAAA", "run1AAAAAAAA ", "run1AAAAAAAA\"",
                           "run1AAAAAAAA\xff", "1700000000-0", "Q7z9UqI"})
    EXPECT_FALSE(offset::parse(text)) << text;
  EXPECT_FALSE(offset::parse(std::string(13, '\0')));
}

TEST(Offset, ends_the_arguments_of_an_event) {
  EXPECT_EQ(offset_tail({run, 0, 1}).view(), R"(,"run1AAAAAAAAB"])");
}

// CR-01
TEST(PrivateId, has_the_length_of_an_id_and_knows_its_run) {
  const session_id pid = private_id(run, session_id(std::string_view("abcdefghijklmnopqrst")));
  EXPECT_EQ(pid.view(), "run1abcdefghijklmnop");
  EXPECT_TRUE(is_of_run(pid, run));
  EXPECT_FALSE(is_of_run(pid, {'r', 'u', 'n', '2'}));
}

}  // namespace
}  // namespace socketio::core
