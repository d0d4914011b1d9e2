// bench_load: one client process that speaks to one Socket.IO server on 127.0.0.1 and reports, as
// one JSON object, what the server spent on it. See bench/README.md; bench/run starts it.
//
// It is written to cost no more per message than the floor server does (one thread, one buffer,
// frames by hand, answers compared by bytes), so that it never is what a server waits for.

#include "fail.hpp"
#include "scenarios.hpp"

#include <string_view>
#include <sys/resource.h>

namespace {

struct entry {
  std::string_view name;
  void (*run)(load::event_loop&, const load::settings&, load::result&);
};

constexpr entry scenarios[] = {
    {"echo", load::run_echo},
    {"rate", load::run_rate},
    {"broadcast", load::run_broadcast},
    {"room", load::run_rooms},
    {"connect", load::run_connect},
    {"connect-upgrade", load::run_connect_upgrade},
    {"cycles", load::run_cycles},
    {"idle", load::run_idle},
    // not measured:
    {"check", load::run_check},
    {"check-basic", load::run_check_basic},
};

// Ten thousand connections need more descriptors than the usual soft limit allows.
void raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int count, char** arguments) {
  const load::settings settings = load::parse_settings(count, arguments);
  raise_file_limit();
  for (const entry& each : scenarios) {
    if (each.name != settings.scenario) continue;
    load::event_loop loop(settings.seed);
    load::result result(settings);
    each.run(loop, settings, result);
    result.print();
    return 0;
  }
  load::fail("there is no scenario called %s", settings.scenario.c_str());
}
