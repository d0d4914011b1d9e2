// See offline_buffer.hpp.
#include "client/offline_buffer.hpp"

#include "core/parsing.hpp"

#include <utility>

namespace socketio::client_side {

void offline_buffer::push(waiting what) {
  const std::lock_guard lock(mutex_);
  bytes_ += what.bytes;
  events_.push_back(std::move(what));
}

std::optional<offline_buffer::waiting> offline_buffer::pop() {
  const std::lock_guard lock(mutex_);
  if (events_.empty()) return std::nullopt;
  waiting first = std::move(events_.front());
  events_.pop_front();
  bytes_ -= first.bytes;
  return first;
}

void offline_buffer::put_back(waiting first) {
  const std::lock_guard lock(mutex_);
  bytes_ += first.bytes;
  events_.push_front(std::move(first));
}

void offline_buffer::remove(std::uint64_t ack_id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(events_, [&](const waiting& each) {
    if (each.ack_id != ack_id) return false;
    bytes_ -= each.bytes;
    return true;
  });
}

std::optional<time_point> offline_buffer::oldest() const {
  const std::lock_guard lock(mutex_);
  if (events_.empty()) return std::nullopt;
  return events_.front().since;
}

std::size_t offline_buffer::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::vector<buffered_event> offline_buffer::look(time_point now) const {
  const std::lock_guard lock(mutex_);
  std::vector<buffered_event> list;
  for (const waiting& each : events_)
    list.push_back(describe(*each.event, std::chrono::floor<milliseconds>(now - each.since),
                            each.ack_id.has_value()));
  return list;
}

buffered_event describe(const detail::kept_event& event, milliseconds age, bool wants_ack) {
  buffered_event shown;
  std::vector<std::span<const std::byte>> attachments;
  for (const binary& each : event.attachments) attachments.push_back(each.bytes());
  const value all = core::tree_of(event.text, attachments);
  shown.age = age;
  shown.wants_ack = wants_ack;
  if (!all.as_array() || all.as_array()->empty()) return shown;
  if (const std::string* name = (*all.as_array())[0].as_string()) shown.name = *name;
  shown.arguments.assign(all.as_array()->begin() + 1, all.as_array()->end());
  return shown;
}

}  // namespace socketio::client_side
