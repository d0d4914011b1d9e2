// Who listens: added and removed by any thread, with effect at once, also while they are called.
//
// Lists are replaced and never changed: whoever calls holds the list as it was. What was removed
// meanwhile is marked and not called. Tested by tests/unit/client/listener_table_test.cpp.
#pragma once

#include "socketio/client_socket.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio::client_side {

listener_id next_listener_id() noexcept;

template <class What>
class listener_list {
 public:
  struct entry {
    entry(listener_id named, std::string of, What callee, bool only_once)
        : id(named), event(std::move(of)), what(std::move(callee)), once(only_once) {}
    const listener_id id;
    const std::string event;  // empty where there is only one
    const What what;
    const bool once;
    std::atomic<bool> gone{false};
  };
  using list = std::vector<std::shared_ptr<entry>>;

  void add(listener_id id, std::string_view event, What what, bool once, bool first) {
    auto made = std::make_shared<entry>(id, std::string(event), std::move(what), once);
    const std::lock_guard lock(mutex_);
    auto next = entries_ ? std::make_shared<list>(*entries_) : std::make_shared<list>();
    next->insert(first ? next->begin() : next->end(), std::move(made));
    entries_ = std::move(next);
  }
  // What is removed dies outside of the lock: its destructor may be anybody's.
  template <class Matches>
  void remove_if(Matches&& matches) {
    std::shared_ptr<const list> before;
    {
      const std::lock_guard lock(mutex_);
      if (!entries_) return;
      auto next = std::make_shared<list>();
      for (const auto& each : *entries_) {
        if (matches(*each))
          each->gone.store(true, std::memory_order_release);
        else
          next->push_back(each);
      }
      before = std::exchange(entries_, next->empty() ? nullptr : std::move(next));
    }
  }
  void remove(listener_id id) {
    remove_if([id](const entry& each) { return each.id == id; });
  }
  void clear() {
    remove_if([](const entry&) { return true; });
  }
  std::shared_ptr<const list> now() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }
  std::size_t count(std::string_view event = {}) const {
    const auto all = now();
    return all ? static_cast<std::size_t>(std::ranges::count_if(
                     *all, [&](const auto& each) { return each->event == event; }))
               : 0;
  }
  bool empty() const { return now() == nullptr; }

  // Calls `run(what)` for those of `event` that are there now, but for those removed meanwhile.
  template <class Run>
  void each(std::string_view event, Run&& run) {
    const auto all = now();
    if (!all) return;
    for (const auto& one : *all) {
      if (one->event != event) continue;
      const bool gone = one->once ? one->gone.exchange(true, std::memory_order_acq_rel)
                                  : one->gone.load(std::memory_order_acquire);
      if (gone) continue;
      if (one->once) remove(one->id);
      run(one->what);
    }
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const list> entries_;
};

// Of plain callbacks.
template <class... Args>
using signal = listener_list<std::function<void(Args...)>>;

}  // namespace socketio::client_side
