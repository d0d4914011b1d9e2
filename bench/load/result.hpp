// What a run found out, and how the measured interval is cut out of it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "loop.hpp"
#include "settings.hpp"

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

reading read_now(const settings& settings, std::uint64_t messages);

// The figures of what happened between two readings.
void add_interval(result& result, const reading& from, const reading& to);

// Runs the warm-up and the measured interval; `messages` is counted by the scenario meanwhile.
void measure(event_loop& loop, const settings& settings, const std::uint64_t& messages,
             result& result);

}  // namespace load
