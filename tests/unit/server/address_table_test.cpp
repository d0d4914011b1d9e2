// SD-25: what counts as one address, and that many addresses cost no more than the limit.
#include "server/address_table.hpp"

#include <gtest/gtest.h>

#include <string>

namespace socketio {
namespace {

TEST(AddressTable, WhatCountsAsOneAddress) {
  address_table table(100);
  EXPECT_EQ(table.of("10.0.0.1"), table.of("::ffff:10.0.0.1"));
  EXPECT_NE(table.of("10.0.0.1"), table.of("10.0.0.2"));
  EXPECT_EQ(table.of("2001:db8:1:2::1"), table.of("2001:db8:1:2:ffff::9"));
  EXPECT_NE(table.of("2001:db8:1:2::1"), table.of("2001:db8:1:3::1"));
}

TEST(AddressTable, WhatHasNoAddressHasNoLimit) {
  address_table table(100);
  EXPECT_EQ(table.of(""), nullptr) << "a Unix-domain socket";
  EXPECT_EQ(table.of("unknown"), nullptr);
  EXPECT_EQ(table.size(), 0u);
}

TEST(AddressTable, ForgetsWhoWasQuietForLongest) {
  address_table table(3);
  const auto a = table.of("10.0.0.1");
  const auto b = table.of("10.0.0.2");
  table.of("10.0.0.3");
  EXPECT_EQ(table.of("10.0.0.1"), a);
  table.of("10.0.0.4");
  EXPECT_EQ(table.size(), 3u);
  EXPECT_EQ(table.of("10.0.0.1"), a);
  EXPECT_NE(table.of("10.0.0.2"), b) << "it was forgotten, and who holds it keeps it";
  for (int i = 0; i < 10'000; i++)
    table.of("10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250));
  EXPECT_EQ(table.size(), 3u);
}

}  // namespace
}  // namespace socketio
