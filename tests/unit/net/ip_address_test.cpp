// Addresses and networks as numbers, and the counts by address.
#include "net/ip_address.hpp"

#include "net/address_counts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace socketio::net {
namespace {

std::string again(std::string_view text) {
  const auto parsed = ip_address::parse(text);
  return parsed ? parsed->to_string() : "none";
}

TEST(IpAddress, is_read_and_written) {
  EXPECT_EQ(again("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(again("2001:DB8:0::1"), "2001:db8::1");
  EXPECT_EQ(again("::ffff:10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(ip_address::parse("::ffff:10.0.0.1"), ip_address::parse("10.0.0.1"));
  for (const char* const text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "fe80::1%lo", "localhost",
                                 " 1.2.3.4", "1.2.3.4 ", "::g"})
    EXPECT_EQ(again(text), "none") << text;
  EXPECT_EQ(again({"1.2.3.4\0x", 9}), "none");
}

bool within(std::string_view network, std::string_view address) {
  const auto all = ip_network::parse(network);
  return all && all->contains(*ip_address::parse(address));
}

TEST(IpNetwork, contains_what_begins_with_its_bits) {
  EXPECT_TRUE(within("10.0.0.0/8", "10.255.1.2"));
  EXPECT_TRUE(within("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_FALSE(within("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(within("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(within("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(within("0.0.0.0/0", "1.2.3.4"));
  EXPECT_FALSE(within("0.0.0.0/0", "::1"));
  EXPECT_TRUE(within("::/0", "1.2.3.4"));
  EXPECT_TRUE(within("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(within("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(within("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(within("127.0.0.1", "127.0.0.2"));
  for (const char* const text : {"10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1",
                                 "10.0.0.0/8x", "/8", "10/8"})
    EXPECT_FALSE(ip_network::parse(text)) << text;
}

TEST(AddressCounts, stop_at_the_limit_and_forget_who_left) {
  address_counts counts(2);
  EXPECT_TRUE(counts.enter("10.0.0.1"));
  EXPECT_TRUE(counts.enter("::ffff:10.0.0.1"));
  EXPECT_FALSE(counts.enter("10.0.0.1"));
  EXPECT_TRUE(counts.enter("10.0.0.2"));
  counts.leave("10.0.0.1");
  EXPECT_TRUE(counts.enter("10.0.0.1"));
  EXPECT_TRUE(counts.enter("10.0.0.1", /*even_if_full=*/true));
  for (const char* const one : {"10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2"}) counts.leave(one);
  EXPECT_EQ(counts.addresses(), 0u);
}

TEST(AddressCounts, count_ipv6_by_its_network) {
  address_counts counts(1);
  EXPECT_TRUE(counts.enter("2001:db8::1"));
  EXPECT_FALSE(counts.enter("2001:db8::ffff:1"));
  EXPECT_TRUE(counts.enter("2001:db8:0:1::1"));
}

TEST(AddressCounts, know_no_limit_for_what_has_no_address) {
  address_counts counts(1), none(0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(counts.enter(""));
    EXPECT_TRUE(none.enter("10.0.0.1"));
  }
  counts.leave("");
  EXPECT_EQ(counts.addresses() + none.addresses(), 0u);
}

TEST(AddressCounts, are_shared_by_threads) {
  address_counts counts(4);
  std::vector<std::thread> all;
  for (int i = 0; i < 4; ++i) {
    all.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        EXPECT_TRUE(counts.enter("10.0.0.1"));
        counts.leave("10.0.0.1");
      }
    });
  }
  for (std::thread& one : all) one.join();
  EXPECT_EQ(counts.addresses(), 0u);
}

}  // namespace
}  // namespace socketio::net
