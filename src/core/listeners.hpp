// The handlers of a socket or a namespace, by event name. Handlers may add and remove handlers,
// also themselves, while they run: removal only marks, and what is marked goes away when the
// outermost dispatch has ended.
//
// A plain vector, searched by name: sockets have a handful of handlers, and comparing lengths first
// makes misses cheap.
#pragma once

#include "socketio/detail/handler.hpp"
#include "socketio/socket.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio::core {

class event_listeners {
 public:
  void add(listener_id id, std::string_view event, std::shared_ptr<detail::handler> what,
           bool once) {
    entries_.push_back({std::string(event), std::move(what), id, once, false});
  }
  void remove(std::string_view event) {
    remove_if([&](const entry& of) { return of.event == event; });
  }
  void remove(listener_id id) {
    remove_if([&](const entry& of) { return of.id == id; });
  }
  void clear() {
    remove_if([](const entry&) { return true; });
  }
  bool has(std::string_view event) const noexcept {
    for (const entry& of : entries_)
      if (!of.dead && of.event == event) return true;
    return false;
  }
  // Calls `run(handler)` for each handler of `event` that was there when the dispatch began.
  template <class Run>
  void dispatch(std::string_view event, Run&& run) {
    const std::size_t count = entries_.size();
    depth_++;
    for (std::size_t i = 0; i < count; i++) {
      if (entries_[i].dead || entries_[i].event != event) continue;
      if (entries_[i].once) entries_[i].dead = swept_ = true;
      // The reference may dangle once user code has run (entries_ grew); the handler itself stays
      // alive, and nobody looks at the reference after that.
      run(entries_[i].what);
    }
    if (--depth_ == 0) sweep();
  }

 private:
  struct entry {
    std::string event;
    std::shared_ptr<detail::handler> what;
    listener_id id;
    bool once;
    bool dead;
  };

  template <class Matches>
  void remove_if(Matches&& matches) {
    for (entry& of : entries_)
      if (matches(of)) of.dead = swept_ = true;
    if (depth_ == 0) sweep();
  }
  void sweep() {
    if (!std::exchange(swept_, false)) return;
    // The handlers' destructors may come back here: take them out first.
    std::vector<entry> gone;
    for (entry& of : entries_)
      if (of.dead) gone.push_back(std::move(of));
    std::erase_if(entries_, [](const entry& of) { return of.dead; });
  }

  std::vector<entry> entries_;
  unsigned depth_ = 0;
  bool swept_ = false;
};

// Plain callbacks in order, with ids; a dispatch works on a copy.
template <class... Args>
class callbacks {
 public:
  using function = std::function<void(Args...)>;
  void add(listener_id id, function what, bool first = false) {
    entries_.emplace(first ? entries_.begin() : entries_.end(), id, std::move(what));
  }
  bool remove(listener_id id) {
    return std::erase_if(entries_, [id](const auto& of) { return of.first == id; }) > 0;
  }
  void clear() { entries_.clear(); }
  bool empty() const noexcept { return entries_.empty(); }
  template <class Guard>
  void call(Guard&& guard, Args... args) const {
    if (entries_.empty()) return;
    const auto copy = entries_;
    for (const auto& [id, what] : copy) guard([&] { what(args...); });
  }

 private:
  std::vector<std::pair<listener_id, function>> entries_;
};

}  // namespace socketio::core
