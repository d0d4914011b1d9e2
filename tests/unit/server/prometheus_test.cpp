#include "server/prometheus.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace socketio {
namespace {

TEST(PrometheusText, OneSeries) {
  prometheus_text out;
  out.counter("a_total", "What it is.", 7);
  out.gauge("b", "Another.");
  out.add(std::uint64_t{1}, {{"x", "plain"}, {"y", "a\"b\\c\nd"}});
  out.add(0.25);
  EXPECT_EQ(out.take(),
            "# HELP a_total What it is.\n# TYPE a_total counter\na_total 7\n"
            "# HELP b Another.\n# TYPE b gauge\nb{x=\"plain\",y=\"a\\\"b\\\\c\\nd\"} 1\nb 0.25\n");
}

TEST(PrometheusText, HistogramsAreCumulative) {
  time_histogram times;
  times.observe(std::chrono::microseconds(40));
  times.observe(std::chrono::milliseconds(40));
  times.observe(std::chrono::minutes(1));
  prometheus_text out;
  out.histogram("h_seconds", "Times.");
  out.add(times, {{"shard", "0"}});
  const std::string text = out.take();
  EXPECT_NE(text.find("h_seconds_bucket{shard=\"0\",le=\"1e-05\"} 0\n"), text.npos) << text;
  EXPECT_NE(text.find("h_seconds_bucket{shard=\"0\",le=\"5e-05\"} 1\n"), text.npos) << text;
  EXPECT_NE(text.find("h_seconds_bucket{shard=\"0\",le=\"0.05\"} 2\n"), text.npos) << text;
  EXPECT_NE(text.find("h_seconds_bucket{shard=\"0\",le=\"+Inf\"} 3\n"), text.npos) << text;
  EXPECT_NE(text.find("h_seconds_sum{shard=\"0\"} 60.04004\n"), text.npos) << text;
  EXPECT_NE(text.find("h_seconds_count{shard=\"0\"} 3\n"), text.npos) << text;
}

TEST(PrometheusText, Numbers) {
  EXPECT_EQ(prometheus_number(0), "0");
  EXPECT_EQ(prometheus_number(1.5), "1.5");
  EXPECT_EQ(prometheus_number(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(prometheus_number(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(prometheus_number(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

}  // namespace
}  // namespace socketio
