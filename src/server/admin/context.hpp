// What the parts of the Admin UI's instrumentation share. Constant once the server runs; any
// thread, except what says "shard only".
#pragma once

#include "base/clock.hpp"
#include "core/hub.hpp"
#include "core/nsp_group.hpp"
#include "socketio/admin.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::admin {

struct context {
  instrument_options options;
  bool development = true;
  std::size_t page_bytes_max = 0;  // what of the option counts
  std::vector<core::hub*> hubs;    // one per shard
  core::namespaces* namespaces = nullptr;
  std::shared_ptr<core::nsp_group> group;  // the namespace of the pages
  // Shard only: calls `work` there, later.
  std::function<void(unsigned shard, milliseconds, std::function<void()>)> after;

  socketio::nsp pages() const { return socketio::nsp(group->shared_part(0)); }
  // Is there a page that hears what is published?
  bool watched() const noexcept { return group->populated(); }
  template <class... Args>
  void publish(std::string_view event, const Args&... args) const {
    if (watched() && !pages().emit(event, args...)) lost = true;
  }
  // A shard with pages did not take something, because too much waits there.
  mutable std::atomic<bool> lost{false};
};

}  // namespace socketio::admin
