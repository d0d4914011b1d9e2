#include "net/process.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <unistd.h>

namespace socketio::net {
namespace {

TEST(Process, KnowsItself) {
  const auto before = read_process_state();
  ASSERT_TRUE(before);
  EXPECT_GT(before->resident_bytes, 100'000u);
  EXPECT_GT(before->virtual_bytes, before->resident_bytes);
  EXPECT_GE(before->cpu_seconds, 0);
  const auto now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
  EXPECT_LT(before->start_seconds, now.count() + 2);
  EXPECT_GT(before->start_seconds, now.count() - 7 * 24 * 3600);
  const int more = ::dup(STDERR_FILENO);
  EXPECT_EQ(read_process_state()->descriptors, before->descriptors + 1);
  EXPECT_GE(before->descriptors_max, before->descriptors);
  ::close(more);
}

}  // namespace
}  // namespace socketio::net
