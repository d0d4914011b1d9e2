// See retry_queue.hpp.
#include "client/retry_queue.hpp"

#include <utility>

namespace socketio::client_side {

void retry_queue::push(item what) {
  const std::lock_guard lock(mutex_);
  bytes_ += what.bytes;
  items_.push_back(std::move(what));
}

std::optional<retry_queue::attempt> retry_queue::next(bool again) {
  const std::lock_guard lock(mutex_);
  if (items_.empty() || (items_.front().under_way && !again)) return std::nullopt;
  item& first = items_.front();
  first.under_way = true;
  ++first.attempts;
  return attempt{first.number, first.event, first.flags};
}

std::optional<retry_queue::item> retry_queue::pop() {
  const std::lock_guard lock(mutex_);
  if (items_.empty()) return std::nullopt;
  item first = std::move(items_.front());
  items_.pop_front();
  bytes_ -= first.bytes;
  return first;
}

void retry_queue::on_answer(std::uint64_t number, const input& arguments) {
  if (!is_first(number)) return;
  const auto done = pop();
  if (done->answer) done->answer->on_answer(arguments);
}

// What could not be sent at all was no attempt. Nor was what the connection took away, where
// attempts have no time: there it is the next connection that repeats them, as often as it takes
// (CS-14).
void retry_queue::on_failure(std::uint64_t number, errc why) {
  if (!is_first(number)) return;
  {
    const std::lock_guard lock(mutex_);
    item& first = items_.front();
    first.under_way = false;
    const bool timed = timed_ || first.flags.timeout;
    const bool counts = why != errc::refused && (timed || why != errc::disconnected);
    if (!counts) --first.attempts;
    if (!counts || first.attempts <= retries_) return;
  }
  give_up(number, why);
}

void retry_queue::give_up(std::uint64_t number, errc why) {
  if (!is_first(number)) return;
  const auto done = pop();
  if (done->answer) done->answer->on_failure(why);
}

std::size_t retry_queue::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void retry_queue::look(time_point now, std::vector<buffered_event>& list) const {
  const std::lock_guard lock(mutex_);
  for (const item& each : items_) {
    list.push_back(describe(*each.event, std::chrono::floor<milliseconds>(now - each.since),
                            each.answer != nullptr));
    if (each.keyed) list.back().arguments.pop_back();
  }
}

std::shared_ptr<const detail::kept_event> with_key(const detail::kept_event& event,
                                                   std::string_view key) {
  auto made = std::make_shared<detail::kept_event>(event);
  made->text.pop_back();
  ((made->text += ",\"") += key) += "\"]";
  return made;
}

}  // namespace socketio::client_side
