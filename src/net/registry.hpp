// The open connections of one listener, as an intrusive list: so that they can be counted and cut.
// A connection leaves the list by itself when it closes; when the list dies first, the connections
// forget it.
#pragma once

#include "base/counter.hpp"
#include "net/poll_target.hpp"

#include <cstddef>

namespace socketio::net {

class registry;

// Every one of them is told by a poller, too: one base, and one pointer less in each connection.
class tracked : public poll_target {
 public:
  explicit tracked(registry* list) noexcept { enlist(list); }
  tracked(const tracked&) = delete;
  tracked& operator=(const tracked&) = delete;

  virtual ~tracked() { leave(); }

  registry* list() const noexcept { return list_; }

 protected:
  void leave() noexcept;

 private:
  friend class registry;
  // Closes at once and leaves the list; the object may be gone when it returns.
  virtual void cut() = 0;
  // Nobody waits for anything on this connection: it may be cut without harm.
  virtual bool idle() const noexcept { return false; }
  void enlist(registry* list) noexcept;

  registry* list_ = nullptr;
  tracked* previous_ = nullptr;
  tracked* next_ = nullptr;
};

class registry {
 public:
  registry() = default;
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;
  ~registry() { cut_all(); }

  std::size_t size() const noexcept { return size_.get(); }  // any thread
  // Cutting one connection may cut others: always the first that is left.
  void cut_all() {
    while (first_) first_->cut();
  }
  void cut_idle() {
    for (tracked* one = first_; one;) {
      tracked* const next =
          one->next_;  // an idle connection that is cut takes no other one with it
      if (one->idle()) one->cut();
      one = next;
    }
  }

 private:
  friend class tracked;
  tracked* first_ = nullptr;
  counter size_;
};

inline void tracked::enlist(registry* list) noexcept {
  list_ = list;
  if (!list_) return;
  next_ = list_->first_;
  if (next_) next_->previous_ = this;
  list_->first_ = this;
  ++list_->size_;
}

inline void tracked::leave() noexcept {
  if (!list_) return;
  (previous_ ? previous_->next_ : list_->first_) = next_;
  if (next_) next_->previous_ = previous_;
  --list_->size_;
  list_ = nullptr;
  previous_ = next_ = nullptr;
}

}  // namespace socketio::net
