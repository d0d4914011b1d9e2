// Resident memory per connection that is open and does nothing.
//
// Some hundred connections come and go first, so that what the server sets up once (code, pools,
// tables) is not divided among those that stay. The memory is read when it has come to rest.

#include "fleet.hpp"
#include "process_probe.hpp"
#include "scenarios.hpp"

#include <cmath>

namespace load {
namespace {

class idle final : public fleet {
 public:
  using fleet::fleet;

  void on_packet(connection&, std::string_view) override { fail("an idle client was spoken to"); }
};

class visitors final : public fleet {
 public:
  using fleet::fleet;

  void leave_all() {
    for (connection& each : connections_) {
      each.leave();
      each.flush();
    }
    loop_.run_until([&] { return left_ == connections_.size(); }, 30 * second, "disconnects");
  }

  void on_packet(connection&, std::string_view) override { fail("a visitor was spoken to"); }
  void on_left(connection&) override { ++left_; }

 private:
  std::size_t left_ = 0;
};

// Two readings half a second apart that differ by less than a thousandth, or the tenth.
memory memory_at_rest(event_loop& loop, pid_t pid) {
  memory last = memory_of(pid);
  for (int reading = 0; reading < 10; ++reading) {
    loop.run_for(second / 2);
    const memory next = memory_of(pid);
    const double change =
        static_cast<double>(next.resident_bytes) / static_cast<double>(last.resident_bytes) - 1;
    last = next;
    if (std::abs(change) < 0.001) break;
  }
  return last;
}

double growth(std::uint64_t before, std::uint64_t after, double connections) {
  return (static_cast<double>(after) - static_cast<double>(before)) / connections;
}

}  // namespace

void run_idle(event_loop& loop, const settings& settings, result& result) {
  {
    load::settings few = settings;
    few.connections = 500;
    visitors warm_up(loop, few);
    warm_up.open_all();
    warm_up.leave_all();
  }
  const memory before = memory_at_rest(loop, settings.pid);
  idle stay(loop, settings);
  stay.open_all();
  const memory after = memory_at_rest(loop, settings.pid);
  result.add("connections", settings.connections);
  result.add("base_resident_bytes", static_cast<double>(before.resident_bytes));
  result.add("resident_bytes",
             growth(before.resident_bytes, after.resident_bytes, settings.connections));
  result.add("anonymous_bytes",
             growth(before.anonymous_bytes, after.anonymous_bytes, settings.connections));
}

}  // namespace load
