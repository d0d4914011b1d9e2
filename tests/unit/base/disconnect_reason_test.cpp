// Reasons and causes are an interface: applications compare the former, dashboards the latter.
#include "socketio/disconnect_reason.hpp"

#include <gtest/gtest.h>

#include <set>

namespace socketio {
namespace {

TEST(DisconnectReason, SK20_K10_reasons_are_the_strings_of_the_official_server) {
  const std::pair<reason, std::string_view> texts[] = {
      {reason::transport_error, "transport error"},
      {reason::transport_close, "transport close"},
      {reason::forced_close, "forced close"},
      {reason::ping_timeout, "ping timeout"},
      {reason::parse_error, "parse error"},
      {reason::server_shutting_down, "server shutting down"},
      {reason::forced_server_close, "forced server close"},
      {reason::client_namespace_disconnect, "client namespace disconnect"},
      {reason::server_namespace_disconnect, "server namespace disconnect"},
  };
  for (const auto& [why, text] : texts) {
    EXPECT_EQ(to_string(why), text);
    EXPECT_EQ((disconnect_reason{why, cause::none, {}}.text()), text);
  }
}

TEST(DisconnectReason, every_cause_has_a_name_of_its_own_fit_for_a_metric_label) {
  std::set<std::string_view> names;
  for (int value = 0; value < 256; ++value) {
    const std::string_view name = to_string(static_cast<cause>(value));
    if (name == "unknown") continue;
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), name.npos) << name;
  }
  EXPECT_EQ(names.size(), 33u);
  EXPECT_EQ(to_string(cause::slow_consumer), "slow_consumer");
}

TEST(DisconnectReason, values_are_stable) {
  EXPECT_EQ(static_cast<int>(cause::closed_by_peer), 1);
  EXPECT_EQ(static_cast<int>(cause::overlapping_poll), 10);
  EXPECT_EQ(static_cast<int>(cause::json_too_deep), 25);
  EXPECT_EQ(static_cast<int>(cause::slow_consumer), 30);
  EXPECT_EQ(static_cast<int>(cause::close_timeout), 35);
  EXPECT_EQ(static_cast<int>(cause::replaced), 50);
}

}  // namespace
}  // namespace socketio
