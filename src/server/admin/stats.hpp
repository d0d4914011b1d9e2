// `server_stats`: what the server is and does, every two seconds, and how much of it in each second
// in between. On the first shard; the numbers of the others are counters that any thread may read.
#pragma once

#include "server/admin/context.hpp"
#include "server/traffic_meter.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace socketio::admin {

class stats {
 public:
  // `meters`: of all shards. `every_two_seconds` is called behind each message.
  stats(const context& of, std::vector<const traffic_meter*> meters,
        std::function<server_counters()> counters, std::function<void()> every_two_seconds);

  void begin();  // once, on the first shard

 private:
  // Sums of all shards, in the order of `names`; then sessions closed, by reason.
  static constexpr std::size_t totals_count = 5 + reason_count;
  using totals = std::array<std::uint64_t, totals_count>;

  void tick();
  void arm();
  void note_second();
  void send();
  totals count() const noexcept;
  std::int64_t now_ms() const;

  const context& of_;
  const std::vector<const traffic_meter*> meters_;
  const std::function<server_counters()> counters_;
  const std::function<void()> every_two_seconds_;
  const std::string hostname_, server_id_;
  totals last_{};
  value::array seconds_;  // not sent yet
  unsigned ticks_ = 0;
};

}  // namespace socketio::admin
