// What the shards of a namespace share for recovery: where the session of which private id is,
// what became of those that are gone, and the order of the broadcasts that cross from one shard to
// another. Any thread.
#pragma once

#include "base/session_id.hpp"
#include "core/offset.hpp"
#include "core/recovery_log.hpp"
#include "socketio/recovery.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace socketio::core {

class recovery_registry;

// What became of sessions, for the last of a server: of all namespaces together, because peers may
// make namespaces.
class gone_sessions {
 public:
  static constexpr std::size_t remembered_max = 10'000;
  void add(const session_id& pid, const recovery_registry* of, recovery_outcome why);
  // unknown_session: as far as is remembered, or it is one of another namespace.
  recovery_outcome find(const session_id& pid, const recovery_registry* of) const;

 private:
  struct end {
    const recovery_registry* of;  // only compared
    recovery_outcome why;
  };
  mutable std::mutex mutex_;  // guards what follows
  boost::unordered_flat_map<session_id, end, std::hash<std::string_view>> all_;
  std::vector<session_id> in_order_;  // a ring, the oldest at next_ when it is full
  std::size_t next_ = 0;
};

class recovery_registry {
 public:
  recovery_registry(const run_name& run, unsigned shards, std::shared_ptr<gone_sessions> gone);

  const run_name& run() const noexcept { return run_; }

  // ---- homes; only used when there are several shards
  void set_home(const session_id& pid, unsigned shard);
  std::optional<unsigned> home(const session_id& pid) const;
  // The session is no more; whoever asks for it is told so, as long as it is remembered.
  void forget(const session_id& pid, recovery_outcome why);
  recovery_outcome what_became_of(const session_id& pid) const;

  // ---- who has to hear of broadcasts because of clients that may come back
  void expect(unsigned shard) noexcept { expected_[shard].fetch_add(1, std::memory_order_acq_rel); }
  void expect_no_more(unsigned shard) noexcept {
    expected_[shard].fetch_sub(1, std::memory_order_acq_rel);
  }
  bool expects(unsigned shard) const noexcept {
    return expected_[shard].load(std::memory_order_acquire) > 0;
  }

  // ---- the order of what crosses
  // Whoever broadcasts to another shard than its own holds this while it finds out whom to reach,
  // takes a number and posts. So each shard gets what others broadcast in the order of the numbers,
  // and a shard that has taken the lock in between knows that everybody later sees what it did.
  std::mutex& order() noexcept { return order_; }
  std::uint64_t next_number() noexcept { return ++last_number_; }  // under the lock
  // The last number of what has been posted, by whoever takes the lock for a moment.
  std::uint64_t fence() noexcept {
    const std::lock_guard lock(order_);
    return last_number_;
  }

 private:
  run_name run_;
  std::shared_ptr<gone_sessions> gone_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> expected_;
  mutable std::mutex mutex_;  // guards what follows
  boost::unordered_flat_map<session_id, unsigned, std::hash<std::string_view>> homes_;

  std::mutex order_;  // guards what follows
  std::uint64_t last_number_ = 0;
};

}  // namespace socketio::core
