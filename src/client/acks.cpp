// See acks.hpp. Tested by tests/unit/client/acks_test.cpp.
#include "client/acks.hpp"

#include "client/tree_bytes.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace socketio::client_side {

void user_answer::on_answer(const input& arguments) {
  const auto receiver = std::exchange(receiver_, nullptr);
  if (out_->direct()) return out_->call("acknowledgement", [&] { receiver->on_answer(arguments); });
  const auto kept = std::make_shared<const value>(value::from(arguments));
  out_->run(
      "acknowledgement", [receiver, kept] { receiver->on_answer(detail::input_of(*kept)); },
      tree_bytes(*kept));
}

void user_answer::on_failure(errc why) {
  const auto receiver = std::exchange(receiver_, nullptr);
  out_->run("acknowledgement", [receiver, why] { receiver->on_failure(why); });
}

void ack_table::expect(std::uint64_t id, std::unique_ptr<answer_sink> answer,
                       std::optional<milliseconds> timeout, bool buffered) {
  auto entry = std::make_unique<pending>(*this, id);
  entry->answer = std::move(answer);
  entry->buffered = buffered;
  if (timeout) shard_.timers().arm(*entry, deadline_after(shard_.exact_now(), *timeout));
  pending_.emplace(id, std::move(entry));
}

void ack_table::sent(std::uint64_t id) {
  const auto found = pending_.find(id);
  if (found != pending_.end()) found->second->buffered = false;
}

std::unique_ptr<ack_table::pending> ack_table::take(std::uint64_t id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return nullptr;
  auto entry = std::move(found->second);
  pending_.erase(found);
  entry->cancel();
  return entry;
}

bool ack_table::settle(std::uint64_t id, const input& arguments) {
  const auto entry = take(id);
  if (!entry) return false;
  entry->answer->on_answer(arguments);
  return true;
}

void ack_table::fail(std::uint64_t id, errc why) {
  if (const auto entry = take(id)) entry->answer->on_failure(why);
}

// In the order of the emits. What is called may emit again.
void ack_table::fail_sent(errc why) {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, entry] : pending_)
    if (!entry->buffered) ids.push_back(id);
  std::ranges::sort(ids);
  for (const std::uint64_t id : ids) fail(id, why);
}

void ack_table::pending::on_expired(time_point) {
  ack_table& of = table;
  const auto entry = of.take(id);
  of.on_timeout_(entry->id);
  entry->answer->on_failure(errc::timed_out);
}

}  // namespace socketio::client_side
