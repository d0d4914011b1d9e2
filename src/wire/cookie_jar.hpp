// The cookies of one client: what Set-Cookie asks to keep and what Cookie sends back (the
// `withCredentials` of the official client on Node.js, for sticky sessions). One jar belongs to one
// server, so that Domain, Path, Secure and the like do not matter and are not kept.
//
// As the CookieJar of engine.io-client 6.6: name and value without the spaces around them, a pair
// of double quotes is taken off, of Expires and Max-Age the last one counts, a date or number that
// cannot be read means expired, and a cookie is expired as soon as its time is reached. JS differs
// where its result would be wrong on the wire: attributes end at each ';' (RFC 6265, section 5.2),
// not only at "; "; a cookie with a control character is ignored; dates are read as section 5.1.1
// says and not as the Date of JavaScript does; and there are limits.
//
// The time is an argument, in seconds of the system clock. Tested by
// tests/unit/wire/cookie_jar_test.cpp, fuzzed by fuzz/cookie_jar_fuzz.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::wire {

struct cookie_jar_limits {
  std::size_t cookies_max = 50;   // one more, and the one that was set first goes
  std::size_t bytes_max = 4'096;  // of a name and its value; a larger cookie is ignored
};

class cookie_jar {
 public:
  using limits = cookie_jar_limits;
  explicit cookie_jar(limits most = {}) noexcept : limits_(most) {}

  // Takes the value of one Set-Cookie field: adds, replaces, or removes when it has expired.
  void take(std::string_view set_cookie, std::chrono::sys_seconds now);
  // The value of the Cookie field to send, "a=1; b=2", in the order in which the names came; empty:
  // none is sent. Forgets what has expired.
  std::string header(std::chrono::sys_seconds now);

  std::size_t size() const noexcept { return cookies_.size(); }
  void clear() noexcept { cookies_.clear(); }

 private:
  struct cookie {
    std::string name, value;
    std::optional<std::chrono::sys_seconds> expires;
  };
  void drop_expired(std::chrono::sys_seconds now);

  std::vector<cookie> cookies_;
  limits limits_;
};

// A date as cookies have it, in any of the forms that were ever in use (RFC 6265, section 5.1.1).
std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text) noexcept;

}  // namespace socketio::wire
