// IP addresses and networks as numbers, for comparing and counting: an IPv4 address and the IPv6
// address that it is mapped to (RFC 4291, section 2.5.5.2) are the same. No names are looked up.
// Pure functions; tested by tests/unit/net/ip_address_test.cpp.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::net {

struct ip_address {
  std::array<std::uint8_t, 16> bytes{};  // of IPv6

  static std::optional<ip_address> parse(std::string_view text);  // "127.0.0.1", "::1"
  bool is_v4() const noexcept;
  std::string to_string() const;                    // the short form of IPv4 for what is mapped
  ip_address masked(unsigned bits) const noexcept;  // only the first bits of the 128
  // By what a limit counts: IPv6 by its /64, because everybody has that many of them.
  ip_address counted() const noexcept { return is_v4() ? *this : masked(64); }
  // NOLINTNEXTLINE(modernize-use-nullptr): there is none
  auto operator<=>(const ip_address&) const = default;
};

struct ip_network {
  ip_address first;
  unsigned bits = 128;

  static std::optional<ip_network> parse(std::string_view text);  // "10.0.0.0/8", "::1"
  bool contains(const ip_address& one) const noexcept { return one.masked(bits) == first; }
};

}  // namespace socketio::net
