// The cookies of a client: lines of Set-Cookie at times that the first byte of each line chooses.
// Whatever comes, the limits hold and what is sent back is one line; and it is understood again.
#include "wire/cookie_jar.hpp"

#include "law.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace socketio {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr wire::cookie_jar_limits limits{.cookies_max = 5, .bytes_max = 100};
  wire::cookie_jar jar(limits);
  std::chrono::sys_seconds now{std::chrono::hours(24 * 365 * 50)};
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.empty()) continue;
    now += std::chrono::seconds(static_cast<std::uint8_t>(line[0]) % 16);
    jar.take(line.substr(1), now);
    fuzz::law(jar.size() <= limits.cookies_max, "no more cookies than the limit");
  }
  const std::string header = jar.header(now);
  fuzz::law(header.size() <= limits.cookies_max * (limits.bytes_max + 3), "no cookie is too big");
  fuzz::law(header.find_first_of("\r\n\x7F") == header.npos, "one line");
  fuzz::law(header.find('\0') == header.npos, "no NUL");
  fuzz::law(jar.header(now) == header, "asking changes nothing");
  fuzz::law(jar.header(now + std::chrono::seconds(1)).size() <= header.size(), "cookies only go");
  static_cast<void>(wire::parse_cookie_date({reinterpret_cast<const char*>(data), size}));
  return 0;
}

}  // namespace socketio
