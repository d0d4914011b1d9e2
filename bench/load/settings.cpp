// See settings.hpp.

#include "settings.hpp"

#include <cstdlib>
#include <string_view>

#include "fail.hpp"

namespace load {
namespace {

constexpr const char* usage =
    "usage: bench_load SCENARIO --port N --pid N [--connections N] [--window N] [--payload BYTES]\n"
    "                  [--room-size N] [--rate N] [--warm-up S] [--seconds S] [--seed N]\n"
    "scenarios: check check-basic echo rate broadcast room connect connect-upgrade idle";

double number(std::string_view name, const char* text) {
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  if (end == text || *end != '\0' || value < 0) {
    fail("%.*s wants a number, not %s\n%s", static_cast<int>(name.size()), name.data(), text, usage);
  }
  return value;
}

}  // namespace

settings parse_settings(int count, char** arguments) {
  settings result;
  if (count < 2 || count % 2 != 0) fail("%s", usage);
  result.scenario = arguments[1];
  for (int at = 2; at < count; at += 2) {
    const std::string_view name = arguments[at];
    const double value = number(name, arguments[at + 1]);
    const auto whole = static_cast<std::uint32_t>(value);
    if (name == "--port") result.port = static_cast<std::uint16_t>(whole);
    else if (name == "--pid") result.pid = static_cast<pid_t>(whole);
    else if (name == "--connections") result.connections = whole;
    else if (name == "--window") result.window = whole;
    else if (name == "--payload") result.payload_bytes = whole;
    else if (name == "--room-size") result.room_size = whole;
    else if (name == "--rate") result.rate = whole;
    else if (name == "--warm-up") result.warm_up = static_cast<nanoseconds>(value * second);
    else if (name == "--seconds") result.duration = static_cast<nanoseconds>(value * second);
    else if (name == "--seed") result.seed = whole;
    else fail("unknown option %s\n%s", arguments[at], usage);
  }
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
