// What one run of the load generator does: a scenario's name and its numbers, from the command
// line.

#pragma once

#include "clock.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace load {

struct settings {
  std::string scenario;
  std::uint16_t port = 0;
  pid_t pid = 0;  // of the server, whose CPU time and memory are read
  std::uint32_t connections = 100;
  std::uint32_t window = 1;  // messages in flight, per connection or per broadcast
  std::uint32_t payload_bytes = 32;
  std::uint32_t room_size = 10;
  std::uint32_t rate = 10'000;   // messages per second, over all connections
  nanoseconds warm_up = second;  // at least; see warm_up() in result.hpp
  nanoseconds duration = 3 * second;
  std::uint64_t messages = 0;  // if not 0: exactly so many, without warming up, and not by time
  bool keep_alive = true;      // false: every polling request over a connection of its own
  std::uint64_t seed = 1;
};

// Ends the process with a text of usage if the arguments make no sense.
settings parse_settings(int count, char** arguments);

// The payload as a JSON string, quotes included: letters chosen by the seed.
std::string json_payload(const settings& settings);

}  // namespace load
