// Ids of sessions and sockets: the layout that peers rely on (HS-10, K-15).
#include "base/session_id.hpp"

#include <gtest/gtest.h>

#include <set>

namespace socketio {
namespace {

// Fills with one byte, so that the text can be foretold.
class constant_source final : public random_source {
 public:
  explicit constant_source(int value) : value_(static_cast<std::byte>(value)) {}
  void fill(std::span<std::byte> out) override {
    for (std::byte& one : out) one = value_;
  }

 private:
  std::byte value_;
};

TEST(SessionId, HS10_has_twenty_characters_and_ends_in_the_counter) {
  constant_source zeros(0);
  id_generator ids(zeros);
  EXPECT_EQ(ids.next().view(), "AAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(ids.next().view(), "AAAAAAAAAAAAAAAAAAAB");
  EXPECT_EQ(ids.next().view(), "AAAAAAAAAAAAAAAAAAAC");
  for (int i = 3; i < 64; ++i) static_cast<void>(ids.next());
  EXPECT_EQ(ids.next().view(), "AAAAAAAAAAAAAAAAAABA");
}

TEST(SessionId, HS10_uses_the_alphabet_that_is_safe_in_urls) {
  constant_source ones(0xFF), mixed(0xFB);
  EXPECT_EQ(id_generator(ones).next().view(), "________________AAAA");
  EXPECT_EQ(id_generator(mixed).next().view(), "-_v7-_v7-_v7-_v7AAAA");
}

TEST(SessionId, names_its_shard) {
  constant_source ones(0xFF);
  for (unsigned shard = 0; shard < session_id::shards_max; ++shard) {
    id_generator ids(ones, shard);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ids.next().shard(), shard);
  }
}

TEST(SessionId, the_counter_does_not_run_into_the_shard) {
  constant_source zeros(0);
  id_generator ids(zeros, 5);
  for (int i = 0; i < (1 << 18); ++i) static_cast<void>(ids.next());
  EXPECT_EQ(ids.next().view(), "AAAAAAAAAAAAAAAAFAAA");
}

TEST(SessionId, the_counter_alone_keeps_ids_apart) {
  constant_source zeros(0);
  id_generator ids(zeros);
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(std::string(ids.next().view())).second);
}

TEST(SessionId, is_a_value) {
  const session_id one("abcdefghijklmnopqrst");
  const session_id same = one;
  EXPECT_EQ(one, same);
  EXPECT_NE(one, session_id());
  EXPECT_EQ(std::string_view(one), "abcdefghijklmnopqrst");
  EXPECT_EQ(session_id().view().size(), session_id::length);
}

}  // namespace
}  // namespace socketio
