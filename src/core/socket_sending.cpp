// What goes out: events, answers, and what a broadcast hands over. Whatever refuses an event
// settles its acknowledgement at once.
#include "core/hub.hpp"
#include "core/nsp.hpp"
#include "core/parsing.hpp"
#include "core/recovery.hpp"
#include "core/socket.hpp"
#include "core/socket_acks.hpp"

namespace socketio::core {

using wire::frame_class;
using wire::packet_type;

using sending = engine::send_queue::outcome;

sending socket::send(packet_type type, std::optional<std::uint64_t> id, std::string_view payload,
                     std::span<const std::span<const std::byte>> attachments, frame_class kind,
                     wire::compression how) {
  if (!client_ || !client_->over()) return sending::closed;
  hub& owner = *nsp_->owner();
  auto& group = owner.scratch_group();
  owner.encode(type, nsp_->name(), id, payload, attachments, kind, group, how);
  const auto outcome = group.empty() ? sending::dropped : client_->over()->send(group);
  group.clear();
  return outcome;
}

void socket::tell_emit(std::size_t bytes) const {
  const logger& log = *nsp_->shard()->log;
  if (log.debugs(debug_name::socket))
    log.debug(debug_name::socket, "emits",
              {{"id", id_.view()}, {"nsp", nsp_name()}, {"bytes", bytes}});
}

bool socket::emit(detail::payload& what, const detail::emit_flags& flags,
                  std::unique_ptr<detail::ack_receiver> answer) {
  const auto fail = [&](errc why) {
    if (answer) nsp_->guard("acknowledgement", [&] { answer->on_failure(why); });
    return false;
  };
  const state now = current();
  if (now == state::disconnected || !client_ || !client_->over())
    return (!answer && emit_to_absent(what, flags)) || fail(errc::disconnected);
  hub& owner = *nsp_->owner();
  if (logger::anybody_debugs(debug_name::socket)) [[unlikely]]
    tell_emit(what.text().size());
  if (watched_outgoing()) {
    tell_outgoing({what.text(), what.attachments()});
    if (!client_ || !client_->over()) return fail(errc::disconnected);  // a listener disconnected
  }
  if (flags.is_volatile && !client_->over()->writable()) {
    owner.counters().volatile_dropped.add();
    return fail(errc::refused);
  }
  const auto how = flags.compress ? wire::compression::wanted : wire::compression::unwanted;
  if (core::recovery* const log = nsp_->recovery(); log && !answer && recovery())
    return emit_recoverable(*log, what, flags);
  if (!answer) {
    const bool sent = send(packet_type::event, std::nullopt, what.text(), what.attachments(),
                           frame_class::event, how) == sending::queued;
    if (sent) owner.counters().events_out.add();
    return sent;
  }
  if (!acks_) acks_ = std::make_unique<ack_table>();
  if (acks_->pending.size() >= owner.options().pending_acks_max) return fail(errc::refused);
  const std::uint64_t id = nsp_->next_ack_id();
  // Sent first: a refused event must settle its ack at once, and nothing can answer before the next
  // turn.
  const auto outcome =
      send(packet_type::event, id, what.text(), what.attachments(), frame_class::event, how);
  if (outcome != sending::queued)
    return fail(outcome == sending::closed ? errc::disconnected : errc::refused);
  owner.counters().events_out.add();
  auto entry = std::make_unique<pending_ack>(*this, id);
  entry->receiver = std::move(answer);
  if (flags.timeout)
    owner.shard().timers().arm(*entry, deadline_after(owner.shard().exact_now(), *flags.timeout));
  acks_->pending.emplace(id, std::move(entry));
  owner.counters().pending_acks.add();
  return true;
}

bool socket::emit_to_absent(detail::payload& what, const detail::emit_flags& flags) {
  core::recovery* const log = nsp_->recovery();
  return log && nsp_->owner() && log->emit_to_absent(*this, what, flags);
}

// What can be missed is kept even when the connection does not take it: it ends then, and the
// client may come back. Only what the overflow policy drops is lost.
bool socket::emit_recoverable(core::recovery& log, detail::payload& what,
                              const detail::emit_flags& flags) {
  hub& owner = *nsp_->owner();
  const auto how = flags.compress ? wire::compression::wanted : wire::compression::unwanted;
  auto outcome = sending::dropped;
  if (!flags.is_volatile) {
    outcome = log.emit(*this, what, how);
  } else if (!recovering()) {  // else what it has missed would come after it
    auto& group = owner.scratch_group();
    owner.encode_event(nsp_name(), what.text(), log.volatile_tail(what.text()), what.attachments(),
                       group, how);
    if (!group.empty()) outcome = client_->over()->send(group);
    group.clear();
  }
  if (outcome == sending::queued) owner.counters().events_out.add();
  return outcome == sending::queued || (!flags.is_volatile && outcome != sending::dropped);
}

bool socket::deliver(std::span<const wire::frame> group, const detail::emit_flags& flags) {
  if (!client_ || !client_->over() || group.empty()) return false;
  auto& counters = nsp_->owner()->counters();
  if (flags.is_volatile && !client_->over()->writable()) {
    counters.volatile_dropped.add();
    return false;
  }
  if (client_->over()->send(group) != engine::send_queue::outcome::queued) return false;
  counters.events_out.add();
  return true;
}

void socket::send_answer(std::uint64_t ack_id, detail::payload& what) {
  if (current() == state::disconnected || !client_) return;
  nsp_->owner()->counters().acks_out.add();
  send(packet_type::ack, ack_id, what.text(), what.attachments(), frame_class::ack);
}

void socket::send_error_answer(std::uint64_t ack_id, std::string_view code,
                               std::string_view message) {
  detail::payload answer;
  answer.begin(1);
  output& out = answer.out();
  out.begin_object(1);
  out.key("error");
  out.begin_object(2);
  out.key("code");
  out.string(code);
  out.key("message");
  out.string(message);
  out.end_object();
  out.end_object();
  answer.end();
  send_answer(ack_id, answer);
}

outgoing_event::outgoing_event(std::string_view json,
                               std::span<const std::span<const std::byte>> attachments) {
  const value all = tree_of(json, attachments);
  if (!all.as_array() || all.as_array()->empty()) return;
  if (const std::string* text = all[0].as_string()) name = *text;
  arguments.assign(all.as_array()->begin() + 1, all.as_array()->end());
}

void socket::tell_outgoing(const outgoing_event& what) {
  hub& owner = *nsp_->owner();
  listeners_->any_outgoing.call(
      [&](auto&& run) { owner.guard("on_any_outgoing", run, nsp_name()); }, what.name,
      what.arguments);
}

}  // namespace socketio::core
