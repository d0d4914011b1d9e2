// See result.hpp.

#include "result.hpp"

#include "fail.hpp"
#include "process_probe.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <unistd.h>

namespace load {
namespace {

void append_string(std::string& json, std::string_view text) {
  json.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') json.push_back('\\');
    if (static_cast<unsigned char>(c) >= 0x20) {
      json.push_back(c);
      continue;
    }
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
    json.append(escaped);
  }
  json.push_back('"');
}

void append_name(std::string& json, std::string_view name) {
  json.append(json.empty() ? "{" : ", ");
  append_string(json, name);
  json.append(": ");
}

double microseconds(nanoseconds time) { return static_cast<double>(time) / 1000; }

}  // namespace

result::result(const settings& settings) {
  append_name(json_, "scenario");
  append_string(json_, settings.scenario);
}

void result::add(std::string_view name, double value) {
  append_name(json_, name);
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  json_.append(text);
}

void result::add(std::string_view name, const std::vector<std::string>& lines) {
  append_name(json_, name);
  const char* separator = "[";
  for (const std::string& line : lines) {
    json_.append(separator);
    append_string(json_, line);
    separator = ", ";
  }
  json_.append("]");
}

void result::print() const { std::printf("%s}\n", json_.c_str()); }

reading read_now(const settings& settings, std::uint64_t messages) {
  return {now(), cpu_time_of(settings.pid), cpu_time_of(getpid()), messages};
}

void add_interval(result& result, const reading& from, const reading& to) {
  const double messages = static_cast<double>(to.messages - from.messages);
  const double seconds = static_cast<double>(to.time - from.time) / second;
  if (messages == 0) fail("no message was answered in %.1f s", seconds);
  result.add("messages", messages);
  result.add("seconds", seconds);
  result.add("messages_per_second", messages / seconds);
  result.add("cpu_us", microseconds(to.server_cpu - from.server_cpu) / messages);
  result.add("load_cpu_us", microseconds(to.load_cpu - from.load_cpu) / messages);
}

void warm_up(const settings& settings, const std::uint64_t& messages, const runner& run_for,
             result& result) {
  constexpr int quiet_slices_wanted = 8;
  const nanoseconds begin = now();
  const nanoseconds slice = std::max<nanoseconds>(settings.warm_up / 4, 1);
  double best = std::numeric_limits<double>::infinity();
  int quiet_slices = 0;
  while (now() - begin < settings.warm_up * 10) {
    const reading before = read_now(settings, messages);
    run_for(slice);
    const reading after = read_now(settings, messages);
    if (after.messages == before.messages) continue;
    const double cost = static_cast<double>(after.server_cpu - before.server_cpu) /
                        static_cast<double>(after.messages - before.messages);
    quiet_slices = cost < 0.97 * best ? 0 : quiet_slices + 1;
    best = std::min(best, cost);
    if (quiet_slices >= quiet_slices_wanted && now() - begin >= settings.warm_up) break;
  }
  result.add("warm_up_seconds", static_cast<double>(now() - begin) / second);
}

void measure(event_loop& loop, const settings& settings, const progress& progress, result& result) {
  const bool by_time = progress.limit == 0;
  if (by_time) {
    warm_up(
        settings, progress.answered, [&](nanoseconds duration) { loop.run_for(duration); }, result);
  }
  const reading before = read_now(settings, progress.answered);
  if (by_time) {
    loop.run_for(settings.duration);
  } else {
    loop.run_until([&] { return progress.is_over(); }, 600 * second, "the last answer");
  }
  add_interval(result, before, read_now(settings, progress.answered));
}

}  // namespace load
