#include "server/admin/stats.hpp"

#include <unistd.h>
#include <utility>

namespace socketio::admin {
namespace {

// About when the process began.
const time_point began = clock::now();

constexpr std::array<const char*, 5> names = {"rawConnection", "packetsIn", "packetsOut", "bytesIn",
                                              "bytesOut"};

std::string name_of_host() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

}  // namespace

stats::stats(const context& of, std::vector<const traffic_meter*> meters,
             std::function<server_counters()> counters, std::function<void()> every_two_seconds)
    : of_(of),
      meters_(std::move(meters)),
      counters_(std::move(counters)),
      every_two_seconds_(std::move(every_two_seconds)),
      hostname_(name_of_host()),
      server_id_(of.options.server_id.empty() ? hostname_ : of.options.server_id) {}

void stats::begin() {
  send();
  arm();
}

std::int64_t stats::now_ms() const {
  const auto since = of_.hubs.front()->wall_clock().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(since).count();
}

// Just behind the end of each second, so that what is counted belongs to the second before.
void stats::arm() {
  const std::int64_t past = now_ms() % 1'000;
  of_.after(0, milliseconds(1'005 - past), [this] { tick(); });
}

void stats::tick() {
  arm();
  note_second();
  if (++ticks_ % 2 != 0) return;
  send();
  every_two_seconds_();
}

stats::totals stats::count() const noexcept {
  totals all{};
  for (const traffic_meter* const one : meters_) {
    all[0] += one->opened;
    all[1] += one->packets_in;
    all[2] += one->packets_out;
    all[3] += one->bytes_in;
    all[4] += one->bytes_out;
    for (std::size_t why = 0; why < reason_count; why++) all[5 + why] += one->closed[why];
  }
  return all;
}

void stats::note_second() {
  const totals now = count();
  const std::int64_t second = (now_ms() - 500) / 1'000 * 1'000;
  for (std::size_t i = 0; i < totals_count; i++) {
    if (now[i] == last_[i]) continue;
    value::object sum{{"timestamp", second}};
    sum.emplace_back("type", i < names.size() ? names[i] : "rawDisconnection");
    if (i >= names.size())
      sum.emplace_back("subType", to_string(static_cast<reason>(i - names.size())));
    sum.emplace_back("count", now[i] - last_[i]);
    seconds_.emplace_back(std::move(sum));
  }
  last_ = now;
}

void stats::send() {
  value::array sums = std::exchange(seconds_, {});  // whether anybody hears of them or not
  if (!of_.watched()) return;
  value::array namespaces;
  for (const auto& one : of_.namespaces->list())
    namespaces.push_back(
        value::map({{"name", one->name()}, {"socketsCount", one->sockets_count()}}));
  const server_counters now = counters_();
  const std::chrono::duration<double> uptime = clock::now() - began;
  of_.publish("server_stats", value::map({{"serverId", server_id_},
                                          {"hostname", hostname_},
                                          {"pid", static_cast<std::int64_t>(::getpid())},
                                          {"uptime", uptime.count()},
                                          {"clientsCount", now.sessions},
                                          {"pollingClientsCount", now.sessions_polling},
                                          {"aggregatedEvents", std::move(sums)},
                                          {"namespaces", std::move(namespaces)}}));
}

}  // namespace socketio::admin
