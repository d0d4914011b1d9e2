// See program.hpp.
#include "support/program.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace socketio::test {
namespace {

sockaddr_in at_port(std::uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return where;
}

bool listens(std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in where = at_port(port);
  const bool there = ::connect(made, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
  ::close(made);
  return there;
}

}  // namespace

std::uint16_t unused_port() {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where = at_port(0);
  socklen_t size = sizeof where;
  EXPECT_EQ(::bind(made, reinterpret_cast<sockaddr*>(&where), size), 0);
  EXPECT_EQ(::getsockname(made, reinterpret_cast<sockaddr*>(&where), &size), 0);
  ::close(made);
  return ntohs(where.sin_port);
}

program::program(std::vector<std::string> words, std::uint16_t port) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  for (const int descriptor : {1, 2})
    posix_spawn_file_actions_addopen(&quiet, descriptor, "/dev/null", O_WRONLY, 0);
  EXPECT_EQ(::posix_spawn(&pid_, arguments[0], &quiet, nullptr, arguments.data(), environ), 0);
  posix_spawn_file_actions_destroy(&quiet);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  bool there = false;
  while (!(there = listens(port)) && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(there) << words[0] << " does not listen";
}

program::~program() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace socketio::test
