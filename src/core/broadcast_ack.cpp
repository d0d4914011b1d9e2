#include "core/broadcast_ack.hpp"

#include "core/hub.hpp"
#include "core/socket.hpp"

namespace socketio::core {

broadcast_ack::broadcast_ack(nsp& of, std::uint64_t id, std::size_t servers,
                             std::unique_ptr<detail::broadcast_receiver> receiver)
    : nsp_(of.shared_from_this()),
      id_(id),
      servers_left_(servers),
      receiver_(std::move(receiver)) {}

void broadcast_ack::start(time_point deadline) {
  self_ = shared_from_this();
  nsp_->shard()->timers().arm(*this, deadline);
}

void broadcast_ack::on_client_count(std::size_t clients) {
  if (servers_left_ > 0) servers_left_--;
  expected_ += clients;
  check_complete();
}

bool broadcast_ack::expect(const std::shared_ptr<socket>& who) {
  if (!who->expect_broadcast_answer(id_, shared_from_this())) {
    gone_.emplace_back(who->id().view());
    settled_++;
    return false;
  }
  waiting_.emplace(who->id(), who);
  return true;
}

void broadcast_ack::on_answer(const session_id& from, const input& arguments) {
  if (ended_) return;
  waiting_.erase(from);
  settled_++;
  nsp_->guard("broadcast acknowledgement", [&] { receiver_->on_answer(from.view(), arguments); });
  check_complete();
}

void broadcast_ack::on_gone(const session_id& who) {
  if (ended_ || waiting_.erase(who) == 0) return;
  gone_.emplace_back(who.view());
  settled_++;
  check_complete();
}

void broadcast_ack::on_expired(time_point) {
  if (hub* owner = nsp_->owner()) owner->counters().acks_timed_out.add(waiting_.size());
  end(make_error_code(errc::timed_out));
}

void broadcast_ack::check_complete() {
  if (servers_left_ > 0 || settled_ < expected_) return;
  end(gone_.empty() ? std::error_code{} : make_error_code(errc::disconnected));
}

void broadcast_ack::end(std::error_code why) {
  if (std::exchange(ended_, true)) return;
  timer::cancel();
  const auto alive = std::move(self_);
  for (auto& [id, who] : waiting_) {
    gone_.emplace_back(id.view());
    if (const auto silent = who.lock()) silent->forget_answer(id_);
  }
  waiting_.clear();
  const auto receiver = std::move(receiver_);
  nsp_->guard("broadcast acknowledgement", [&] { receiver->on_end(why, std::move(gone_)); });
}

}  // namespace socketio::core
