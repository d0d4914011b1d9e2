// See server.hpp.

#include "server.hpp"

#include <cstdio>
#include <sys/resource.h>

int main() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  floor_server::server server;
  std::printf("listening %u\n", server.port());
  std::fflush(stdout);
  server.run();
}
