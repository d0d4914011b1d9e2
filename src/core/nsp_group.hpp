// A namespace as a whole: its part on each shard (core::nsp), and who of them has to hear of a
// broadcast. The parts live as long as the group; a shared_ptr to a part is one to the group. Any
// thread.
#pragma once

#include "core/nsp.hpp"
#include "core/room_directory.hpp"

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace socketio::core {

class nsp_group : public std::enable_shared_from_this<nsp_group> {
 public:
  nsp_group(std::span<hub* const> hubs, std::string name);
  ~nsp_group();

  const std::string& name() const noexcept { return name_; }
  unsigned size() const noexcept { return static_cast<unsigned>(parts_.size()); }
  bool spread() const noexcept { return parts_.size() > 1; }
  // Connections may want broadcasts compressed.
  bool deflates() const noexcept { return deflates_; }
  nsp& part(unsigned shard) const noexcept { return *parts_[shard]; }
  std::shared_ptr<nsp> shared_part(unsigned shard) noexcept {
    return {shared_from_this(), parts_[shard].get()};
  }
  // The part of the calling thread's shard, else the first: where answers are collected.
  nsp& home() const noexcept;

  // The shards that a broadcast to the union of these rooms has to reach; no room: everybody.
  shard_set reach(std::span<const std::string> rooms_named) const;
  // Told by the parts: the shard has sockets now, or none any more.
  void set_populated(unsigned shard, bool is) noexcept;

  // Calls work(nsp&, shard) for each shard of the set.
  template <class Work>
  void each(shard_set which, Work&& work) const {
    for (unsigned shard = 0; shard < size(); shard++)
      if (which & only(shard)) work(*parts_[shard], shard);
  }
  shard_set everywhere() const noexcept { return only(size() - 1) | (only(size() - 1) - 1); }

  // Ids of acknowledgements that several shards ask for; those of the parts lie between them.
  std::uint64_t next_ack_id() noexcept {
    return next_ack_id_.fetch_add(1, std::memory_order_relaxed) * (size() + 1) + size();
  }

  room_directory rooms;

 private:
  std::string name_;
  std::vector<std::unique_ptr<nsp>> parts_;
  bool deflates_;
  std::atomic<shard_set> populated_{0};
  std::atomic<std::uint64_t> next_ack_id_{0};
};

}  // namespace socketio::core
