// The URL that a client is given, read as `io(url)` of the official client reads it (CM-01, CM-02):
//
//   [http|https|ws|wss "://"] [user[":"password] "@"] host [":" port] [path] ["?" query] ["#" …]
//
// The path is the namespace and is taken as it stands; the query becomes parameters of every HTTP
// request. Without a scheme it is https.
//
// JS differs: what cannot be reached is an error here, where the official client goes on with half
// a URL (a scheme that is none of the four, no host, a port that is no number, a bracket that does
// not close). Schemes may be written in capitals. On Node.js its 4.8 makes a host called
// "undefined" of a URL without a scheme; https is what it documents.
//
// Pure functions. Tested by tests/unit/base/client_url_test.cpp, fuzzed by
// fuzz/client_url_fuzz.cpp.
#pragma once

#include "socketio/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace socketio {

// Numbers are never reused.
enum class url_errc {
  too_long = 1,
  control_character = 2,  // bytes below 0x20, and 0x7F
  unknown_scheme = 3,
  no_host = 4,
  bad_host = 5,     // a character that no host name has
  bad_address = 6,  // brackets without an IPv6 address in them
  bad_port = 7,     // not 1 to 65535
};
const std::error_category& url_category() noexcept;
inline std::error_code make_error_code(url_errc code) noexcept {
  return {static_cast<int>(code), url_category()};
}

using query_pairs = std::vector<std::pair<std::string, std::string>>;

struct client_url {
  std::string scheme;  // "http", "https", "ws" or "wss"
  bool secure = false;
  std::string user, password;  // decoded
  std::string host;            // in lower case; of an IPv6 address without the brackets
  bool ipv6 = false;
  std::uint16_t port = 0;  // 80 or 443 when none was given
  std::string path = "/";  // not decoded: the namespace
  query_pairs query;       // decoded; of duplicates the last value, at the place of the first
  std::string fragment;

  // "example.com:443", "[::1]:3000": always with the port.
  std::string authority() const;
  // The scheme, "://" and the authority. A manager is shared by what has the same (CM-03).
  std::string origin() const;
};

constexpr std::size_t url_bytes_max = 8'000;
result<client_url> parse_client_url(std::string_view url);

// "Basic ..." of its user and password, for the header Authorization; empty without a user.
std::string basic_login(const client_url& url);

// As encodeURIComponent() of JavaScript: everything is encoded but letters, digits and -_.!~*'().
std::string percent_encode_component(std::string_view text);
// "a=1&b=%20", without a '?'; nothing is left out.
std::string encode_query(const query_pairs& query);
// "a=1&b=%20" to pairs, as above; a '%' that means nothing stays, and so does a '+'.
query_pairs decode_query(std::string_view encoded);

}  // namespace socketio

template <>
struct std::is_error_code_enum<socketio::url_errc> : std::true_type {};
