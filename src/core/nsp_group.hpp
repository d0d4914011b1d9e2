// A namespace as a whole: its part on each shard (core::nsp), who of them has to hear of a
// broadcast, and its adapter. The parts live as long as the group; a shared_ptr to a part is one to
// the group. Any thread.
#pragma once

#include "core/nsp.hpp"
#include "core/recovery_registry.hpp"
#include "core/room_directory.hpp"
#include "socketio/adapter.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace socketio::core {

class namespaces;
class parent;

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

  // ---- the adapter
  // Before anybody else knows the group; nullptr: the in-memory one.
  void use(std::unique_ptr<socketio::adapter> one);
  socketio::adapter& adapter() const noexcept { return *adapter_; }
  bool plain() const noexcept { return plain_; }  // it is the in-memory one: nobody need ask it

  // ---- children of a parent
  void set_parent(std::shared_ptr<core::parent> from) { parent_ = std::move(from); }
  core::parent* parent() const noexcept { return parent_.get(); }
  // From now on it goes away, by way of `from`, with the last socket (NS-15): those in their
  // middlewares count. Before anybody else knows the group.
  void vanish_when_empty(namespaces& from) noexcept { vanishes_from_ = &from; }
  // Somebody comes. False: it is going away, its name is free for another one.
  bool enter() noexcept { return !vanishes_from_ || count_in(); }
  void leave() {
    if (vanishes_from_) count_out();
  }
  bool vanished() const noexcept {
    return vanishes_from_ && visitors_.load(std::memory_order_acquire) < 0;
  }

  // ---- the end
  void on_part_closed();                         // told by each part; then the adapter closes
  void when_closed(std::function<void()> done);  // once, by whatever thread

  // The shards that a broadcast to the union of these rooms has to reach; no room: everybody.
  shard_set reach(std::span<const std::string> rooms_named) const;
  bool populated() const noexcept { return populated_.load(std::memory_order_acquire) != 0; }
  std::size_t sockets_count() const;  // connected ones, of all shards
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
  // A handler that is to be called once is on every shard. True for the first that asks.
  bool first_call(listener_id once);

  recovery_registry* recovery() const noexcept { return recovery_.get(); }  // nullptr: it is off

  room_directory rooms;

 private:
  bool count_in() noexcept;
  void count_out();
  void on_adapter_closed();
  shard_set expecting() const noexcept;

  std::string name_;
  std::unique_ptr<recovery_registry> recovery_;
  std::vector<std::unique_ptr<nsp>> parts_;
  std::unique_ptr<socketio::adapter> adapter_;
  bool plain_ = true;
  bool deflates_;
  std::shared_ptr<core::parent> parent_;
  namespaces* vanishes_from_ = nullptr;
  std::atomic<std::int64_t> visitors_{0};  // below zero: gone
  std::atomic<shard_set> populated_{0};
  std::atomic<std::uint64_t> next_ack_id_{0};
  std::atomic<unsigned> parts_open_;

  std::mutex mutex_;  // guards what follows
  std::function<void()> when_closed_;
  bool closed_ = false;
  std::vector<listener_id> called_once_;
};

}  // namespace socketio::core
