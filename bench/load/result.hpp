// What a run found out, and how the measured interval is cut out of it.

#pragma once

#include "loop.hpp"
#include "settings.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace load {

// Numbers by name, printed as one JSON object on one line.
class result {
 public:
  explicit result(const settings& settings);

  void add(std::string_view name, double value);
  void add(std::string_view name, const std::vector<std::string>& lines);
  void print() const;

 private:
  std::string json_;
};

// What server and load generator had used at one moment.
struct reading {
  nanoseconds time = 0;
  nanoseconds server_cpu = 0;
  nanoseconds load_cpu = 0;
  std::uint64_t messages = 0;
};

// How far a scenario is. Without a limit it goes on for as long as it is measured.
struct progress {
  std::uint64_t limit = 0;
  std::uint64_t asked = 0;  // answers that have come or are under way
  std::uint64_t answered = 0;

  // May something be sent that will be answered by `answers` messages?
  bool ask(std::uint64_t answers = 1) {
    if (limit != 0 && asked + answers > limit) return false;
    asked += answers;
    return true;
  }
  bool is_over() const { return limit != 0 && answered == asked; }
};

reading read_now(const settings& settings, std::uint64_t messages);

// The figures of what happened between two readings.
void add_interval(result& result, const reading& from, const reading& to);

// Something that drives the loop for a while.
using runner = std::function<void(nanoseconds duration)>;

// Runs until the server's CPU time per message has stopped falling, for compilers at run time need
// thousands of calls, and some servers tens of thousands of connects, until they are done; at least
// `settings.warm_up` and at most ten times that.
void warm_up(const settings& settings, const std::uint64_t& messages, const runner& run_for,
             result& result);

// Warms up and measures, or waits for the limit; the scenario counts meanwhile.
void measure(event_loop& loop, const settings& settings, const progress& progress, result& result);

}  // namespace load
