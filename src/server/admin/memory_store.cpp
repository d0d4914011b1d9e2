#include "base/clock.hpp"
#include "socketio/admin.hpp"

#include <deque>
#include <mutex>
#include <stdexcept>
#include <unordered_map>

namespace socketio::admin {

struct memory_store::state {
  std::size_t limit;
  milliseconds age;
  std::mutex mutex;  // guards what follows
  std::unordered_map<std::string, time_point> ends;
  std::deque<std::string> in_order;  // the oldest first: all live equally long

  void forget(time_point now, std::size_t most) {
    while (!in_order.empty() && (in_order.size() > most || ends.at(in_order.front()) <= now)) {
      ends.erase(in_order.front());
      in_order.pop_front();
    }
  }
};

memory_store::memory_store(std::size_t limit, std::chrono::milliseconds age)
    : state_(std::make_unique<state>()) {
  if (limit == 0) throw std::invalid_argument("memory_store: limit is 0, it must be at least 1");
  if (age <= milliseconds(0))
    throw std::invalid_argument("memory_store: age is " + std::to_string(age.count()) +
                                " ms, it must be at least 1");
  state_->limit = limit;
  state_->age = age;
}
memory_store::~memory_store() = default;

void memory_store::exists(std::string_view id, std::function<void(bool)> done) {
  bool known = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->forget(clock::now(), state_->limit);
    known = state_->ends.contains(std::string(id));
  }
  done(known);
}

void memory_store::save(std::string_view id) {
  const std::lock_guard lock(state_->mutex);
  const time_point now = clock::now();
  state_->forget(now, state_->limit - 1);
  if (state_->ends.emplace(id, deadline_after(now, state_->age)).second)
    state_->in_order.emplace_back(id);
}

}  // namespace socketio::admin
