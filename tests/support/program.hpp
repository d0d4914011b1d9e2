// Programs of others that listen on a port, started by tests.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace socketio::test {

// Of 127.0.0.1. Nobody listens there: the one who did has just gone.
std::uint16_t unused_port();

// Runs from the moment it listens on its port until it is destroyed.
class program {
 public:
  program(std::vector<std::string> words, std::uint16_t port);
  ~program();
  program(const program&) = delete;
  program& operator=(const program&) = delete;

 private:
  pid_t pid_ = 0;
};

}  // namespace socketio::test
