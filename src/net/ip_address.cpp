// See ip_address.hpp.
#include "net/ip_address.hpp"

#include "base/http_text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>

namespace socketio::net {
namespace {

constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<ip_address> ip_address::parse(std::string_view text) {
  const std::string ended(text);  // with a NUL
  if (ended.find('\0') != ended.npos) return std::nullopt;
  ip_address out;
  if (::inet_pton(AF_INET6, ended.c_str(), out.bytes.data()) == 1) return out;
  std::ranges::copy(mapped, out.bytes.begin());
  if (::inet_pton(AF_INET, ended.c_str(), out.bytes.data() + 12) == 1) return out;
  return std::nullopt;
}

bool ip_address::is_v4() const noexcept {
  return std::equal(std::begin(mapped), std::end(mapped), bytes.begin());
}

std::string ip_address::to_string() const {
  char text[INET6_ADDRSTRLEN] = {};
  const bool v4 = is_v4();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? 12 : 0), text, sizeof text);
  return text;
}

ip_address ip_address::masked(unsigned bits) const noexcept {
  ip_address out = *this;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = bits > i * 8 ? std::min(bits - i * 8, 8u) : 0;
    out.bytes[i] = static_cast<std::uint8_t>(out.bytes[i] & (0xff00u >> kept));
  }
  return out;
}

std::optional<ip_network> ip_network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = ip_address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  ip_network out{*address, 128};
  if (slash != text.npos) {
    const bool v4 = text.substr(0, slash).find(':') == text.npos;
    unsigned bits = 0;
    if (!read_number(text.substr(slash + 1), bits) || bits > (v4 ? 32u : 128u)) return std::nullopt;
    out.bits = v4 ? bits + 96 : bits;
  }
  if (out.first != out.first.masked(out.bits)) return std::nullopt;  // "10.0.0.1/8": what is meant?
  return out;
}

}  // namespace socketio::net
