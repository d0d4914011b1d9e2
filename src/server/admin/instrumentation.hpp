// Puts the parts of the Admin UI's instrumentation together: who may come in (login), what pages
// are told when they come (pages, all_sockets) and afterwards (watcher, stats), and what they may
// do (commands). The server keeps it until its shards are gone.
#pragma once

#include "server/admin/context.hpp"
#include "server/admin/login.hpp"
#include "server/admin/pages.hpp"
#include "server/admin/stats.hpp"
#include "server/admin/watcher.hpp"

#include <memory>
#include <vector>

namespace socketio::admin {

class instrumentation {
 public:
  static void install(server& io, instrument_options options);
  instrumentation(server& io, instrument_options options);

 private:
  void know_shards(server& io);
  void let_pages_in();
  void measure(server& io);
  void watch(server& io);

  context of_;
  std::shared_ptr<login> login_;
  std::vector<watcher> watchers_;              // one per shard, in development mode
  std::vector<std::unique_ptr<pages>> pages_;  // one per shard
  std::unique_ptr<stats> stats_;
};

}  // namespace socketio::admin
