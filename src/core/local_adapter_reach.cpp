// Who a broadcast reaches, and what is done to them.
#include "base/fetch_ahead.hpp"
#include "core/broadcast_ack.hpp"
#include "core/hub.hpp"
#include "core/local_adapter.hpp"
#include "core/recovery.hpp"
#include "core/socket.hpp"

#include <algorithm>

namespace socketio::core {

template <class Visit>
void local_adapter::each_member(std::string_view name, Visit&& visit) const {
  if (const auto found = rooms_.find(name); found != rooms_.end())
    for (socket* member : found->second->members) visit(member);
  if (socket* own = owner_of(name)) visit(own);
}

std::size_t local_adapter::room_size(std::string_view name) const {
  std::size_t count = 0;
  each_member(name, [&](socket*) { count++; });
  return count;
}

std::vector<std::string> local_adapter::sockets(const broadcast_options& options) const {
  std::vector<std::string> ids;
  for (const socket* one : select(options)) ids.emplace_back(one->public_id());
  return ids;
}

std::vector<socket*>& local_adapter::select(const broadcast_options& options) const {
  targets_.clear();
  if (options.rooms.empty() && options.except.empty()) {
    targets_ = nsp_.connected();
    return targets_;
  }
  // Whoever carries this epoch has been seen: those to leave out first.
  if (++epoch_ == 0) {  // wrapped around: old marks would look new
    for (socket* one : nsp_.connected()) one->epoch = 0;
    epoch_ = 1;
  }
  for (const std::string& name : options.except)
    each_member(name, [&](socket* member) { member->epoch = epoch_; });
  const auto take = [&](socket* member) {
    if (std::exchange(member->epoch, epoch_) == epoch_ || !member->connected())
      return;  // BR-02, BR-04
    targets_.push_back(member);
  };
  if (options.rooms.empty()) std::ranges::for_each(nsp_.connected(), take);
  for (const std::string& name : options.rooms) each_member(name, take);
  return targets_;
}

// For calls that run user code: the sockets stay alive whatever it does.
std::vector<std::shared_ptr<socket>> local_adapter::selected(
    const broadcast_options& options) const {
  std::vector<std::shared_ptr<socket>> kept;
  for (socket* one : select(options)) kept.push_back(one->shared_from_this());
  return kept;
}

// ---- reaching them

namespace {

// Fetches what deliver() will touch of a socket, in four stages: each follows a pointer that the
// stage before has fetched.
constexpr std::size_t stages = 4;
void fetch_stage(std::size_t stage, const socket& of) noexcept {
  if (stage == 0) return fetch_ahead<3>(&of);
  if (!of.from()) return;
  if (stage == 1) return fetch_ahead<2>(of.from());
  if (const link* over = of.from()->over()) over->fetch_ahead(static_cast<int>(stage) - 2);
}

// The first ones, together: a room has hardly more. Then those behind, each stage some sockets
// after the one before.
constexpr std::size_t distance = 4;
void fetch_first(std::span<socket* const> targets) noexcept {
  targets = targets.first(std::min(targets.size(), stages * distance));
  for (std::size_t stage = 0; stage < stages; ++stage)
    for (const socket* of : targets) fetch_stage(stage, *of);
}
void fetch_behind(std::span<socket* const> targets, std::size_t at) noexcept {
  for (std::size_t stage = stages; stage-- > 0;) {
    const std::size_t place = at + (stages - stage) * distance;
    if (place < targets.size()) fetch_stage(stage, *targets[place]);
  }
}

}  // namespace

// Compressed forms are kept where many may want them.
wire::compression local_adapter::compression_of(const detail::emit_flags& flags) const {
  if (!flags.compress) return wire::compression::unwanted;
  return nsp_.owner()->options().deflates ? wire::compression::kept : wire::compression::wanted;
}

std::vector<wire::frame> local_adapter::encode(const broadcast_packet& packet,
                                               std::optional<std::uint64_t> ack_id,
                                               const detail::emit_flags& flags,
                                               const deflated_elsewhere& deflated) const {
  const auto how = compression_of(flags);
  std::vector<wire::frame> group;
  nsp_.owner()->encode(packet_type::event, nsp_.name(), ack_id, packet.arguments,
                       packet.attachments, wire::frame_class::event, group, how);
  if (how == wire::compression::kept && deflated)
    for (std::uint32_t i = 0; i < group.size(); ++i) wire::share_variants(group[i], deflated, i);
  return group;
}

void local_adapter::broadcast(const broadcast_packet& packet, const broadcast_options& options,
                              const deflated_elsewhere& deflated, const crossing& way) {
  auto& targets = select(options);
  recovery* const log = nsp_.recovery();
  if (targets.empty() && !(log && log->awaits_anybody())) return;
  fetch_first(targets);
  std::vector<wire::frame> group;
  if (log)  // on each shard it has another offset
    log->encode(packet, options, way, compression_of(options.flags), group);
  else
    group = encode(packet, std::nullopt, options.flags, deflated);
  if (group.empty()) return;
  if (nsp::gate* const gate = nsp_.broadcast_gate) [[unlikely]]
    std::erase_if(targets, [&](socket* one) { return !gate->admits(*one, group); });
  std::vector<std::shared_ptr<socket>> watched;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    fetch_behind(targets, i);
    socket* const one = targets[i];
    if (one->watched_outgoing()) watched.push_back(one->shared_from_this());
    one->deliver(group, options.flags);
  }
  if (watched.empty()) return;
  const outgoing_event event(packet.arguments, packet.attachments);
  for (const auto& one : watched)  // SK-14; user code, therefore last
    if (one->watched_outgoing()) one->tell_outgoing(event);
}

void local_adapter::broadcast_with_ack(const broadcast_packet& packet,
                                       const broadcast_options& options,
                                       const std::shared_ptr<broadcast_ack>& answers,
                                       const deflated_elsewhere& deflated) {
  const auto targets = selected(options);
  const auto group = encode(packet, answers->id(), options.flags, deflated);
  std::optional<outgoing_event> event;
  std::vector<session_id> waiting, missing;
  broadcast_ack::names named;
  for (const auto& one : targets) {
    if (one->connected() && one->watched_outgoing()) {
      if (!event) event.emplace(packet.arguments, packet.attachments);
      one->tell_outgoing(*event);
    }
    if (one->expect_broadcast_answer(answers->id(), answers) && !one->deliver(group, options.flags))
      one->forget_broadcast_answer(answers->id());  // it never gets the question
  }
  for (const auto& one : targets) {  // a listener may have disconnected one that was asked already
    (one->expects_broadcast_answer(answers->id()) ? waiting : missing).push_back(one->id());
    if (one->is_older()) named.emplace(one->id(), one->public_id());
  }
  answers->on_asked(waiting, missing, std::move(named));
}

std::vector<remote_socket> local_adapter::fetch_sockets(const broadcast_options& options) const {
  std::vector<remote_socket> list;
  for (socket* one : select(options))
    list.push_back({std::string(one->public_id()), one->make_handshake(), socket_rooms(*one),
                    one->data(), nsp_.shared_from_this()});
  return list;
}

void local_adapter::add_sockets(const broadcast_options& options,
                                std::span<const std::string> rooms) {
  for (const auto& one : selected(options)) one->join(rooms);
}

void local_adapter::del_sockets(const broadcast_options& options,
                                std::span<const std::string> rooms) {
  for (const auto& one : selected(options))
    for (const std::string& name : rooms) one->leave(name);
}

void local_adapter::disconnect_sockets(const broadcast_options& options, bool close) {
  for (const auto& one : selected(options)) one->disconnect(close);
}

}  // namespace socketio::core
