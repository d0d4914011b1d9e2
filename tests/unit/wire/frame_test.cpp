// Frames: what stands in them, and who owns them.
#include "wire/frame.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace socketio::wire {
namespace {

TEST(Frame, a_text_frame_is_the_concatenation_of_its_parts) {
  const frame one = frame::text({"4", "2", "", "[\"a\"]"}, frame_class::event);
  EXPECT_EQ(one.packet(), "42[\"a\"]");
  EXPECT_EQ(one.wire(),
            "\x81\x07"
            "42[\"a\"]");
  EXPECT_EQ(one.size(), 9u);
  EXPECT_FALSE(one.is_binary());
  EXPECT_FALSE(one.attachment());
  EXPECT_EQ(one.kind(), frame_class::event);
}

TEST(Frame, WS01_a_binary_frame_holds_the_bytes_and_nothing_else) {
  const frame one = frame::binary(std::string_view("\0\xFF", 2), frame_class::ack);
  EXPECT_EQ(one.packet(), std::string_view("\0\xFF", 2));
  EXPECT_EQ(one.wire(), std::string_view("\x82\x02\0\xFF", 4));
  EXPECT_TRUE(one.attachment());
  EXPECT_EQ(one.kind(), frame_class::ack);
}

TEST(Frame, the_head_fits_the_length) {
  for (const std::size_t length :
       {0u, 1u, 125u, 126u, 127u, 2000u, 2048u, 65'535u, 65'536u, 300'000u}) {
    const std::string payload(length, 'x');
    const frame one = frame::text({payload}, frame_class::event);
    EXPECT_EQ(one.packet(), payload);
    EXPECT_EQ(one.size() - length, length < 126 ? 2u : length < 65'536 ? 4u : 10u);
  }
}

TEST(Frame, without_a_block_everything_is_empty) {
  const frame none;
  EXPECT_FALSE(none);
  EXPECT_TRUE(none.wire().empty());
  EXPECT_TRUE(none.packet().empty());
  EXPECT_FALSE(none.is_binary());
}

TEST(Frame, copies_share_the_bytes) {
  frame one = frame::text({"4shared"}, frame_class::event);
  frame two = one;
  EXPECT_EQ(one.wire().data(), two.wire().data());
  const frame three = std::move(one);
  EXPECT_FALSE(one);  // NOLINT(bugprone-use-after-move): moved-from frames are empty
  two = frame();
  EXPECT_EQ(three.packet(), "4shared");
  frame self = three;
  self = *&self;
  EXPECT_EQ(self.packet(), "4shared");
}

// More blocks of every size than the lists keep, twice, so that the second round reuses the first.
TEST(Frame, blocks_are_used_again_and_nothing_leaks) {
  for (int round = 0; round < 2; ++round) {
    std::vector<frame> kept;
    for (std::size_t length = 0; length < 2200; length += 7) {
      for (int i = 0; i < 20; ++i) {
        kept.push_back(
            frame::text({std::string(length, static_cast<char>('a' + i))}, frame_class::event));
      }
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
      ASSERT_EQ(kept[i].packet(), std::string(i / 20 * 7, static_cast<char>('a' + i % 20)));
    }
  }
}

TEST(Frame, may_move_to_another_thread) {
  for (int round = 0; round < 10; ++round) {
    std::vector<frame> moved;
    for (int i = 0; i < 1000; ++i)
      moved.push_back(frame::text({"4", std::to_string(i)}, frame_class::event));
    std::thread([moved = std::move(moved)]() mutable {
      for (std::size_t i = 0; i < moved.size(); ++i) {
        EXPECT_EQ(moved[i].packet(), "4" + std::to_string(i));
        moved[i] = frame::text({"4own"}, frame_class::event);
      }
    }).join();
  }
}

// The list of a thread is gone before the thread's own objects are: they must not use it any more.
TEST(Frame, may_be_released_while_its_thread_ends) {
  std::thread([] {
    thread_local frame outlives_the_pool;
    outlives_the_pool = frame::text({"4x"}, frame_class::event);
    static_cast<void>(
        frame::text({"4made and released, so that the thread has a pool"}, frame_class::event));
  }).join();
}

}  // namespace
}  // namespace socketio::wire
