// Acknowledgements that a socket waits for: each is settled once, by the client's answer, by its
// timeout, or by the end of the socket.
#include "core/socket_acks.hpp"

#include "core/hub.hpp"
#include "core/nsp.hpp"
#include "core/socket.hpp"

namespace socketio::core {

void socket::pending_ack::on_expired(time_point) {
  auto entry = of.acks_->pending.find(id);
  auto self = std::move(entry->second);
  of.acks_->pending.erase(entry);
  hub& owner = *of.nsp_->owner();
  owner.counters().pending_acks.sub();
  owner.counters().acks_timed_out.add();
  owner.guard(
      "acknowledgement", [&] { self->receiver->on_failure(errc::timed_out); }, of.nsp_name());
}

bool socket::expect_broadcast_answer(std::uint64_t ack_id,
                                     const std::shared_ptr<broadcast_ack>& to) {
  if (!connected()) return false;
  if (acks_ && acks_->pending.size() >= nsp_->owner()->options().pending_acks_max) return false;
  if (!acks_) acks_ = std::make_unique<ack_table>();
  auto entry = std::make_unique<pending_ack>(*this, ack_id);
  entry->broadcast = to;
  if (!acks_->pending.emplace(ack_id, std::move(entry)).second) return false;
  nsp_->owner()->counters().pending_acks.add();
  return true;
}

bool socket::expects_broadcast_answer(std::uint64_t ack_id) const noexcept {
  if (!acks_) return false;
  const auto entry = acks_->pending.find(ack_id);
  return entry != acks_->pending.end() && entry->second->broadcast;
}

void socket::forget_broadcast_answer(std::uint64_t ack_id) {
  if (!expects_broadcast_answer(ack_id)) return;
  acks_->pending.erase(ack_id);
  if (hub* owner = nsp_->owner()) owner->counters().pending_acks.sub();
}

void socket::on_ack(const wire::packet& packet) {
  hub& owner = *nsp_->owner();
  owner.counters().acks_in.add();
  const auto entry =
      acks_ && packet.id ? acks_->pending.find(*packet.id) : decltype(acks_->pending.end()){};
  if (!acks_ || !packet.id || entry == acks_->pending.end())
    return owner.counters().acks_unknown.add();  // ACK-04
  const auto found = std::move(entry->second);
  acks_->pending.erase(entry);
  owner.counters().pending_acks.sub();
  found->cancel();
  if (found->broadcast) return found->broadcast->on_answer(id_, packet.payload);
  owner.guard(
      "acknowledgement", [&] { found->receiver->on_answer(packet.payload); }, nsp_name());
}

void socket::settle_all(errc why) {
  if (!acks_) return;
  const auto table = std::move(acks_);
  hub& owner = *nsp_->owner();
  for (auto& [id, entry] : table->pending) {
    entry->cancel();
    owner.counters().pending_acks.sub();
    owner.counters().acks_disconnected.add();
    if (entry->broadcast)
      entry->broadcast->on_gone(id_);
    else
      owner.guard(
          "acknowledgement", [&, receiver = entry->receiver.get()] { receiver->on_failure(why); },
          nsp_name());
  }
}

}  // namespace socketio::core
