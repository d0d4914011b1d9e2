#include "net/output_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace socketio::net {
namespace {

std::string gathered(const output_queue& from) {
  std::array<iovec, 3> pieces;
  std::string all;
  for (std::size_t i = 0, count = from.gather(pieces); i < count; ++i)
    all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  return all;
}

TEST(OutputQueue, HandsOutWhatWaitsInOrder) {
  output_queue queue;
  EXPECT_EQ(gathered(queue), "");
  for (const char* text : {"one", "", "two", "three", "four"}) queue.push(text);
  EXPECT_EQ(queue.bytes(), 15u);
  EXPECT_EQ(gathered(queue), "onetwothree") << "as many as there is room for";
  queue.consume(1);
  EXPECT_EQ(gathered(queue), "netwothree");
  queue.consume(5);
  EXPECT_EQ(gathered(queue), "threefour");
  queue.push("five");
  queue.consume(13);
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_EQ(queue.places(), 0u);
}

TEST(OutputQueue, IsTakenAsOneText) {
  output_queue queue;
  for (const char* text : {"one", "two", "three"}) queue.push(text);
  queue.consume(4);
  EXPECT_EQ(queue.take(), "wothree");
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_EQ(queue.take(), "");
}

// A peer that reads so that something always waits.
TEST(OutputQueue, NeverKeepsMuchOfWhatIsWritten) {
  output_queue queue;
  std::string written, expected;
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string text = "answer " + std::to_string(i) + '\n';
    queue.push(text);
    expected += text;
    if (i == 0) continue;
    std::array<iovec, 1> piece;
    while (queue.bytes() > 5) {
      ASSERT_EQ(queue.gather(piece), 1u);
      const std::size_t bytes = std::min(piece[0].iov_len, queue.bytes() - 5);
      written.append(static_cast<const char*>(piece[0].iov_base), bytes);
      queue.consume(bytes);
    }
    most = std::max(most, queue.places());
  }
  EXPECT_LE(most, 130u);
  EXPECT_EQ(written + queue.take(), expected);
}

}  // namespace
}  // namespace socketio::net
