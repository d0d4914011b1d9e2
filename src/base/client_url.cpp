// See client_url.hpp.
#include "base/client_url.hpp"

#include "base/base64.hpp"
#include "base/http_text.hpp"
#include "base/url.hpp"

#include <algorithm>
#include <array>

namespace socketio {
namespace {

const char* text_of(url_errc code) noexcept {
  switch (code) {
    case url_errc::too_long: return "the url is longer than 8000 bytes";
    case url_errc::control_character: return "the url has a control character";
    case url_errc::unknown_scheme: return "the scheme of the url is not http, https, ws or wss";
    case url_errc::no_host: return "the url names no host";
    case url_errc::bad_host: return "the host of the url has a character that no host has";
    case url_errc::bad_address: return "the brackets in the url hold no ipv6 address";
    case url_errc::bad_port: return "the port of the url is not a number from 1 to 65535";
  }
  return "unknown error";
}

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "socketio.url"; }
  std::string message(int code) const override { return text_of(static_cast<url_errc>(code)); }
};

constexpr bool is_alphanumeric(char c) noexcept {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

// Names beyond ASCII are for the resolver to judge.
bool may_be_in_host(char c) noexcept {
  return is_alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("-._~%").find(c) != std::string_view::npos;
}

// Enough to know that somebody meant one; the resolver knows better. A zone may follow:
// "fe80::1%eth0".
bool looks_like_ipv6(std::string_view text) noexcept {
  const std::string_view address = text.substr(0, text.find('%'));
  const std::string_view zone = text.substr(address.size());
  if (std::ranges::count(address, ':') < 2 || zone == "%") return false;
  const bool hexadecimal = std::ranges::all_of(address, [](char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f') || c == ':' || c == '.';
  });
  return hexadecimal && std::ranges::all_of(zone, may_be_in_host);
}

// Takes everything before one of `ends` off `rest`, which begins with it then.
std::string_view take_before(std::string_view& rest, std::string_view ends) noexcept {
  const std::string_view part = rest.substr(0, rest.find_first_of(ends));
  rest.remove_prefix(part.size());
  return part;
}

std::error_code read_scheme(std::string_view& rest, client_url& out) {
  constexpr std::array<std::string_view, 4> known = {"http", "https", "ws", "wss"};
  out.scheme = "https";
  const std::size_t end = rest.find("://");
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
  } else if (end != rest.npos && end + 1 == rest.find_first_of("/?#")) {
    out.scheme = lower_case(rest.substr(0, end));
    rest.remove_prefix(end + 3);
  }
  if (std::ranges::find(known, out.scheme) == known.end()) return url_errc::unknown_scheme;
  out.secure = out.scheme == "https" || out.scheme == "wss";
  return {};
}

std::error_code read_host(std::string_view& rest, client_url& out) {
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == rest.npos || !looks_like_ipv6(rest.substr(1, end - 1))) return url_errc::bad_address;
    out.host = lower_case(rest.substr(1, end - 1));
    out.ipv6 = true;
    rest.remove_prefix(end + 1);
    return rest.empty() || rest.front() == ':' ? std::error_code() : url_errc::bad_address;
  }
  const std::string_view host = take_before(rest, ":");
  if (host.empty()) return url_errc::no_host;
  if (!std::ranges::all_of(host, may_be_in_host)) return url_errc::bad_host;
  out.host = lower_case(host);
  return {};
}

// "user:password@host:port". A '@' may stand in a password, a ':' too.
std::error_code read_authority(std::string_view authority, client_url& out) {
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    const std::string_view user_info = authority.substr(0, at);
    const std::size_t colon = std::min(user_info.find(':'), user_info.size());
    out.user = percent_decode(user_info.substr(0, colon));
    out.password = percent_decode(user_info.substr(std::min(colon + 1, user_info.size())));
    authority.remove_prefix(at + 1);
  }
  if (const auto wrong = read_host(authority, out)) return wrong;
  out.port = out.secure ? 443 : 80;
  if (authority.size() <= 1) return {};  // also "host:"
  if (!read_number(authority.substr(1), out.port) || out.port == 0) return url_errc::bad_port;
  return {};
}

}  // namespace

const std::error_category& url_category() noexcept {
  static const category instance;
  return instance;
}

std::string client_url::authority() const {
  const std::string name = ipv6 ? "[" + host + "]" : host;
  return name + ":" + std::to_string(port);
}

std::string client_url::origin() const { return scheme + "://" + authority(); }

result<client_url> parse_client_url(std::string_view url) {
  if (url.size() > url_bytes_max) return url_errc::too_long;
  if (std::ranges::any_of(url, is_control)) return url_errc::control_character;
  client_url out;
  std::string_view rest = url;
  if (const auto wrong = read_scheme(rest, out)) return wrong;
  if (const auto wrong = read_authority(take_before(rest, "/?#"), out)) return wrong;
  if (const std::string_view path = take_before(rest, "?#"); !path.empty()) out.path = path;
  const std::string_view query = take_before(rest, "#");
  if (!query.empty()) out.query = decode_query(query.substr(1));
  if (!rest.empty()) out.fragment = rest.substr(1);
  return out;
}

std::string percent_encode_component(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_alphanumeric(c) || std::string_view("-_.!~*'()").find(c) != std::string_view::npos)
      out += c;
    else
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  return out;
}

std::string encode_query(const query_pairs& query) {
  std::string out;
  for (const auto& [name, value] : query) {
    if (!out.empty()) out += '&';
    out += percent_encode_component(name) + '=' + percent_encode_component(value);
  }
  return out;
}

std::string basic_login(const client_url& url) {
  if (url.user.empty()) return {};
  std::string login = "Basic ";
  append_base64(url.user + ':' + url.password, login);
  return login;
}

query_pairs decode_query(std::string_view encoded) {
  query_pairs out;
  while (!encoded.empty()) {
    const std::string_view pair = encoded.substr(0, encoded.find('&'));
    encoded.remove_prefix(std::min(pair.size() + 1, encoded.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name = percent_decode(pair.substr(0, equals));
    std::string value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    const auto known = std::ranges::find(out, name, &query_pairs::value_type::first);
    if (known != out.end())
      known->second = std::move(value);
    else
      out.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

}  // namespace socketio
