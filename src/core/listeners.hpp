// The handlers of a socket or a namespace, by event name. Handlers may add and remove handlers,
// also themselves, while they run: removal only marks, and what is marked goes away when the
// outermost dispatch has ended.
//
// A plain vector, searched by name: sockets have a handful of handlers, and comparing lengths first
// makes misses cheap.
#pragma once

#include "socketio/detail/handler.hpp"
#include "socketio/socket.hpp"

#include <algorithm>
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
  void add(listener_id id, std::string_view event, std::shared_ptr<detail::handler> what, bool once,
           bool first = false) {
    // A socket has a few handlers, and there are many sockets: the room does not double.
    if (entries_.size() == entries_.capacity())
      entries_.reserve(entries_.size() + std::max<std::size_t>(1, entries_.size() / 2));
    if (!first) return entries_.push_back({std::string(event), std::move(what), id, once, false});
    entries_.insert(entries_.begin(), {std::string(event), std::move(what), id, once, false});
    prepended_++;
  }
  // The handlers of another one, as they are now, under the same ids.
  void take_over(const event_listeners& from) {
    for (const entry& of : from.entries_)
      if (!of.dead) entries_.push_back(of);
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
  std::size_t count(std::string_view event) const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(
        entries_, [&](const entry& of) { return !of.dead && of.event == event; }));
  }
  bool has(std::string_view event) const noexcept {
    for (const entry& of : entries_)
      if (!of.dead && of.event == event) return true;
    return false;
  }
  // Calls `run(handler)` for each handler of `event` that was there when the dispatch began. Of one
  // that is to be called once `first_call(id)` says whether it was not called elsewhere.
  template <class Run>
  void dispatch(std::string_view event, Run&& run) {
    dispatch(event, run, [](listener_id) { return true; });
  }
  template <class Run, class FirstCall>
  void dispatch(std::string_view event, Run&& run, FirstCall&& first_call) {
    const std::size_t count = entries_.size();
    std::uint32_t prepended = prepended_;
    depth_++;
    for (std::size_t n = 0, i = 0; n < count; n++, i++) {
      if (entries_[i].dead || entries_[i].event != event) continue;
      if (entries_[i].once) [[unlikely]] {
        entries_[i].dead = swept_ = true;
        if (!first_call(entries_[i].id)) continue;
      }
      // The reference may dangle once user code has run (entries_ grew): whoever needs it then
      // makes a copy before. The handler itself stays alive.
      run(entries_[i].what);
      i += prepended_ - std::exchange(prepended, prepended_);  // what was put in front moved them
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
  std::uint32_t prepended_ = 0;  // how often
  std::uint32_t depth_ = 0;
  bool swept_ = false;
};

// Plain callbacks in order, with ids. A call works on the list as it was when it began: whoever
// changes the list meanwhile makes a new one.
template <class... Args>
class callbacks {
 public:
  using function = std::function<void(Args...)>;
  void add(listener_id id, function what, bool first = false) {
    list& all = mine();
    all.emplace(first ? all.begin() : all.end(), id, std::move(what));
  }
  void take_over(const callbacks& from) { entries_ = from.entries_; }
  void remove(listener_id id) {
    if (empty()) return;
    const auto at = std::ranges::find(*entries_, id, &entry::first);
    if (at == entries_->end()) return;
    const auto index = at - entries_->begin();
    list& all = mine();
    const entry gone = std::move(all[static_cast<std::size_t>(index)]);  // may come back here: last
    all.erase(all.begin() + index);
  }
  void clear() { const auto gone = std::move(entries_); }
  std::size_t size() const noexcept { return entries_ ? entries_->size() : 0; }
  bool empty() const noexcept { return !entries_ || entries_->empty(); }
  template <class Guard>
  void call(Guard&& guard, Args... args) const {
    if (empty()) return;
    const auto now = entries_;
    for (const auto& [id, what] : *now) guard([&, &what = what] { what(args...); });
  }

 private:
  using entry = std::pair<listener_id, function>;
  using list = std::vector<entry>;
  list& mine() {
    if (!entries_)
      entries_ = std::make_shared<list>();
    else if (entries_.use_count() > 1)  // a call is running
      entries_ = std::make_shared<list>(*entries_);
    return *entries_;
  }
  std::shared_ptr<list> entries_;
};

}  // namespace socketio::core
