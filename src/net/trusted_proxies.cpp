// See trusted_proxies.hpp.
#include "net/trusted_proxies.hpp"

#include "base/http_text.hpp"

#include <algorithm>
#include <stdexcept>

namespace socketio::net {
namespace {

// What one proxy says of the peer in front of it.
struct hop {
  std::string node;      // "192.0.2.1", "[2001:db8::1]:4711", "unknown"
  std::string protocol;  // "https"; empty when it does not say
};

// Cuts at a separator that stands in no quotes. A quote that does not end hides the rest.
template <class Take>
void split(std::string_view text, char separator, Take take) {
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (!quoted && text[i] == separator)) {
      take(trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    } else if (quoted && text[i] == '\\' && i + 1 < text.size()) {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    }
  }
}

// The items of all fields of this name, in their order.
std::vector<std::string_view> items_of(const http_headers& headers, std::string_view field) {
  std::vector<std::string_view> items;
  for (const auto& [name, value] : headers)
    if (same_word(name, field))
      split(value, ',', [&](std::string_view item) { items.push_back(item); });
  return items;
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

// RFC 7239, section 4: for="[2001:db8::1]";proto=https;by=...
std::vector<hop> forwarded(const http_headers& headers) {
  std::vector<hop> hops;
  for (const std::string_view item : items_of(headers, "Forwarded")) {
    hop& said = hops.emplace_back();
    split(item, ';', [&](std::string_view pair) {
      const auto equals = pair.find('=');
      if (equals == pair.npos) return;
      const std::string_view name = trimmed(pair.substr(0, equals));
      if (same_word(name, "for")) said.node = unquoted(trimmed(pair.substr(equals + 1)));
      if (same_word(name, "proto")) said.protocol = unquoted(trimmed(pair.substr(equals + 1)));
    });
  }
  return hops;
}

// Nobody has written down how the two lists belong together: item by item when they have the same
// length, else the first protocol is that of the client.
std::vector<hop> x_forwarded(const http_headers& headers) {
  const auto protocols = items_of(headers, "X-Forwarded-Proto");
  std::vector<hop> hops;
  for (const std::string_view node : items_of(headers, "X-Forwarded-For"))
    hops.push_back({std::string(node), {}});
  if (hops.empty() && !protocols.empty()) hops.emplace_back();
  for (std::size_t i = 0; i < hops.size() && !protocols.empty(); ++i)
    hops[i].protocol = protocols[protocols.size() == hops.size() ? i : 0];
  return hops;
}

struct node {
  ip_address address;
  std::uint16_t port = 0;
};

// With or without a port; IPv6 with a port stands in brackets.
std::optional<node> parse_node(std::string_view text) {
  std::string_view address = text, port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return std::nullopt;
    address = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (const auto colon = text.find(':'); colon != text.npos && colon == text.rfind(':')) {
    address = text.substr(0, colon);
    port = text.substr(colon);
  }
  const auto parsed = ip_address::parse(address);
  if (!parsed) return std::nullopt;
  node out{*parsed, 0};
  if (!port.empty()) read_number(port.substr(1), out.port);
  return out;
}

}  // namespace

trusted_proxies::trusted_proxies(const std::vector<std::string>& entries, proxy_header by)
    : by_(by) {
  for (const std::string& one : entries) {
    if (one == "unix:") {
      unix_ = true;
    } else if (const auto network = ip_network::parse(one)) {
      networks_.push_back(*network);
    } else {
      throw std::invalid_argument(
          "trusted_proxies has \"" + one +
          "\", it must be an address, a network such as \"10.0.0.0/8\", or \"unix:\"");
    }
  }
}

bool trusted_proxies::trusts(const ip_address& address) const {
  return std::ranges::any_of(networks_, [&](const auto& one) { return one.contains(address); });
}

bool trusted_proxies::trusts(std::string_view address) const {
  if (address.empty()) return unix_;
  if (networks_.empty()) return false;
  const auto parsed = ip_address::parse(address);
  return parsed && trusts(*parsed);
}

void trusted_proxies::apply(http_request& request) const {
  if (empty() || !trusts(request.remote_address)) return;
  const auto hops =
      by_ == proxy_header::forwarded ? forwarded(request.headers) : x_forwarded(request.headers);
  const hop* of_client = hops.empty() ? nullptr : &hops.back();
  std::optional<node> client;
  for (std::size_t i = hops.size(); i-- > 0;) {
    const auto said = parse_node(hops[i].node);
    if (!said) break;  // hidden or nonsense: it ends at the proxy that says so
    client = said;
    of_client = &hops[i];
    if (!trusts(said->address)) break;
  }
  if (client) {
    request.remote_address = client->address.to_string();
    request.remote_port = client->port;
  }
  if (of_client && !of_client->protocol.empty())
    request.secure =
        same_word(of_client->protocol, "https") || same_word(of_client->protocol, "wss");
}

}  // namespace socketio::net
