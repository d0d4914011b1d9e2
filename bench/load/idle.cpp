// Resident memory per connection that is open and does nothing.
//
// Some hundred connections come and go first, so that what the server sets up once (code, pools,
// tables) is not divided among those that stay. The memory is read when it has come to rest, in one
// process at several numbers of connections.

#include "fleet.hpp"
#include "process_probe.hpp"
#include "scenarios.hpp"

#include <algorithm>
#include <string>

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

// At these numbers of connections the memory is read, and at the last of all.
constexpr std::uint32_t steps[] = {1'000, 5'000, 10'000, 19'000};

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
  result.add("base_resident_bytes", static_cast<double>(before.resident_bytes));
  idle stay(loop, settings);
  for (const std::uint32_t step : steps) {
    const std::uint32_t count = std::min(step, settings.connections);
    stay.open_to(count);
    const memory after = memory_at_rest(loop, settings.pid);
    const std::string suffix = "_" + std::to_string(count);
    result.add("resident_bytes" + suffix,
               growth(before.resident_bytes, after.resident_bytes, count));
    result.add("anonymous_bytes" + suffix,
               growth(before.anonymous_bytes, after.anonymous_bytes, count));
    if (count == settings.connections) break;
  }
}

}  // namespace load
