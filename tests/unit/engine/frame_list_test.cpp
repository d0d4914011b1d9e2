// The list behind every queue: one frame inside, more of them outside, and back.
#include "engine/frame_list.hpp"

#include <gtest/gtest.h>

#include <string>

namespace socketio::engine {
namespace {

wire::frame numbered(std::size_t number) {
  return wire::frame::text({"4", std::to_string(number)}, wire::frame_class::event);
}

std::string texts(frame_list& list) {
  std::string all;
  for (const wire::frame& one : list) all.append(one.packet()) += ' ';
  return all;
}

TEST(FrameList, holds_one_inside_and_as_many_as_come_outside) {
  frame_list list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.capacity(), 1u);
  for (std::size_t i = 0; i < 5; ++i) list.push_back(numbered(i));
  EXPECT_EQ(texts(list), "40 41 42 43 44 ");
  EXPECT_GE(list.capacity(), 5u);
  EXPECT_EQ(list[3].packet(), "43");
}

TEST(FrameList, keeps_its_room_until_it_is_told_to_give_it_back) {
  frame_list list;
  for (std::size_t i = 0; i < 5; ++i) list.push_back(numbered(i));
  const std::size_t room = list.capacity();
  list.truncate(2);
  EXPECT_EQ(texts(list), "40 41 ");
  list.clear();
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.capacity(), room);
  list.shrink();
  EXPECT_EQ(list.capacity(), 1u);
  list.push_back(numbered(7));
  EXPECT_EQ(texts(list), "47 ");
}

TEST(FrameList, changes_places_with_another_whatever_both_hold) {
  for (const std::size_t mine : {0u, 1u, 3u}) {
    for (const std::size_t others : {0u, 1u, 3u}) {
      frame_list a, b;
      for (std::size_t i = 0; i < mine; ++i) a.push_back(numbered(i));
      for (std::size_t i = 0; i < others; ++i) b.push_back(numbered(10 + i));
      const std::string before_a = texts(a), before_b = texts(b);
      a.swap(b);
      EXPECT_EQ(texts(a), before_b);
      EXPECT_EQ(texts(b), before_a);
    }
  }
}

// A frame and its copies share one count: what the list has let go no longer counts.
TEST(FrameList, lets_its_frames_go) {
  const wire::frame shared = numbered(1);
  {
    frame_list list;
    for (int i = 0; i < 9; ++i) list.push_back(shared);
    list.truncate(4);
  }
  EXPECT_EQ(shared.packet(), "41");  // with a sanitizer: nothing was freed twice, nothing leaks
}

}  // namespace
}  // namespace socketio::engine
