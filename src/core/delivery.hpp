// What concerns the sockets of a namespace in this server, on whatever shards they are: the way of
// every broadcast, and the work of the in-memory adapter. Any thread.
#pragma once

#include "core/nsp_group.hpp"
#include "socketio/adapter.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace socketio::core {

class broadcast_ack;

// False when a shard does not take it.
bool deliver(nsp_group& all, const broadcast_packet& what, const broadcast_options& to);

// Begins a broadcast with acknowledgement: `send(collector, what, to)` does it, and tells the
// collector whom to wait for.
using asking = std::function<void(const std::shared_ptr<answer_collector>&, const broadcast_packet&,
                                  const broadcast_options&)>;
void ask_everybody(nsp_group& all, const broadcast_packet& what, const broadcast_options& to,
                   std::unique_ptr<detail::broadcast_receiver> answers, const asking& send);
// Asks the shards of that set, of which `answers` expects to be told.
void ask(nsp_group& all, shard_set which, const broadcast_packet& what, const broadcast_options& to,
         const std::shared_ptr<broadcast_ack>& answers);

// `done` is called at home.
void fetch_sockets(nsp_group& all, const broadcast_options& of,
                   std::function<void(std::vector<remote_socket>)> done);
void fetch_ids(nsp_group& all, const broadcast_options& of,
               std::function<void(std::vector<std::string>)> done);

void add_sockets(nsp_group& all, const broadcast_options& which,
                 std::span<const std::string> rooms);
void del_sockets(nsp_group& all, const broadcast_options& which,
                 std::span<const std::string> rooms);
void disconnect_sockets(nsp_group& all, const broadcast_options& which, bool close);

// Runs `work(nsp&)` on each of the shards: posted, and at last at once on the shard of the caller.
// So what one caller does reaches each shard in the order of the calls. False when a shard takes
// nothing any more.
template <class Work>
bool on_shards(nsp_group& all, shard_set which, const Work& work) {
  bool accepted = true;
  nsp* here = nullptr;
  all.each(which, [&](nsp& part, unsigned shard) {
    if (part.shard()->on_thread()) {
      here = &part;
      return;
    }
    accepted &= part.shard()->post([kept = all.shared_part(shard), work]() mutable {
      if (kept->owner()) work(*kept);
    });
  });
  if (!here) return accepted;
  if (!here->owner()) return false;
  auto once = work;
  once(*here);
  return accepted;
}

}  // namespace socketio::core
