#include "server/log_sinks.hpp"

#include "base/log.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <thread>
#include <vector>

namespace socketio {
namespace {

TEST(LogSinks, JsonIsALinePerRecordAlsoFromSeveralThreads) {
  std::ostringstream out;
  const log_sink sink = json_log(out);
  std::vector<std::thread> all;
  for (int i = 0; i < 4; i++)
    all.emplace_back([&sink] {
      for (int n = 0; n < 100; n++) sink({log_level::info, "socketio", "hello", {}, {}});
    });
  for (auto& one : all) one.join();
  std::istringstream in(out.str());
  int lines = 0;
  for (std::string line; std::getline(in, line); lines++)
    EXPECT_EQ(line, R"({"time":"1970-01-01T00:00:00.000Z","level":"info","name":"socketio",)"
                    R"("message":"hello"})");
  EXPECT_EQ(lines, 400);
}

TEST(LogSinks, StderrHearsWarningsAndDebugLinesAndNoNews) {
  testing::internal::CaptureStderr();
  const log_sink sink = stderr_log();
  sink({log_level::info, "socketio", "listening", {}, {}});
  sink({log_level::warning, "socketio", "careful", {}, {}});
  sink({log_level::debug, "engine", "here", {}, {}});
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "socketio: careful\n1970-01-01T00:00:00.000Z engine here\n");
}

}  // namespace
}  // namespace socketio
