// See settings.hpp.

#include "settings.hpp"

#include "fail.hpp"

#include <cstdlib>
#include <string_view>
#include <type_traits>

namespace load {
namespace {

constexpr const char* usage =
    "usage: bench_load SCENARIO --port N --pid N [--connections N] [--window N] [--payload BYTES]\n"
    "                  [--room-size N] [--rate N] [--warm-up S] [--seconds S] [--messages N]\n"
    "                  [--seed N] [--keep-alive 0|1]\n"
    "scenarios: check check-basic echo rate broadcast room connect connect-upgrade cycles idle";

nanoseconds seconds(double value) { return static_cast<nanoseconds>(value * second); }

template <auto Member>
void whole(settings& to, double value) {
  using number = std::decay_t<decltype(to.*Member)>;
  to.*Member = static_cast<number>(value);
}

struct option {
  std::string_view name;
  void (*set)(settings& to, double value);
};

constexpr option options[] = {
    {"--port", whole<&settings::port>},
    {"--pid", whole<&settings::pid>},
    {"--connections", whole<&settings::connections>},
    {"--window", whole<&settings::window>},
    {"--payload", whole<&settings::payload_bytes>},
    {"--room-size", whole<&settings::room_size>},
    {"--rate", whole<&settings::rate>},
    {"--messages", whole<&settings::messages>},
    {"--seed", whole<&settings::seed>},
    {"--keep-alive", whole<&settings::keep_alive>},
    {"--warm-up", [](settings& to, double value) { to.warm_up = seconds(value); }},
    {"--seconds", [](settings& to, double value) { to.duration = seconds(value); }},
};

void set_option(settings& to, const char* name, const char* text) {
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  if (end == text || *end != '\0' || value < 0) fail("%s wants a number, not %s", name, text);
  for (const option& each : options) {
    if (each.name == name) return each.set(to, value);
  }
  fail("unknown option %s\n%s", name, usage);
}

}  // namespace

settings parse_settings(int count, char** arguments) {
  settings result;
  if (count < 2 || count % 2 != 0) fail("%s", usage);
  result.scenario = arguments[1];
  for (int at = 2; at < count; at += 2) set_option(result, arguments[at], arguments[at + 1]);
  if (result.port == 0 || result.pid == 0) fail("--port and --pid are needed\n%s", usage);
  if (result.connections == 0 || result.window == 0 || result.rate == 0 || result.room_size == 0) {
    fail("counts must be at least 1\n%s", usage);
  }
  return result;
}

std::string json_payload(const settings& settings) {
  std::string text = "\"";
  std::uint64_t random = settings.seed;
  for (std::uint32_t at = 0; at < settings.payload_bytes; ++at) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    text.push_back(static_cast<char>('a' + (random >> 33) % 26));
  }
  return text.append("\"");
}

}  // namespace load
