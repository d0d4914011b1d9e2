// Whether a session can go on: what became of it, what its client has got, and whether the rest is
// still in the log.
#include "core/nsp.hpp"
#include "core/recovery.hpp"
#include "core/recovery_registry.hpp"
#include "core/socket.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace socketio::core {
namespace {

using outcome = recovery_outcome;

std::string number(std::uint64_t of) { return std::to_string(of); }

}  // namespace

recovery_result recovery::gone(const session_id& pid) const {
  const outcome why = registry().what_became_of(pid);
  const auto because = [why](std::string detail) {
    return recovery_result{why, std::move(detail)};
  };
  if (why == outcome::server_restarted)
    return because("the session is one of another process or namespace");
  if (why == outcome::unknown_session)
    return because("there is no such session, as far as is remembered");
  if (why == outcome::ended)
    return because("the session was left on purpose, or ended by an error");
  if (why == outcome::expired)
    return because("away for longer than " + std::to_string(limits_.kept_for.count()) + " ms");
  if (why == outcome::evicted)
    return because("given up for clients that left later: at most " + number(limits_.sessions_max) +
                   " sessions and " + number(limits_.session_bytes_max) +
                   " bytes of them are kept on a shard");
  if (why == outcome::too_much_missed)
    return because("more had been missed than its send queue took");
  return because("the session was refused before");
}

recovery_result recovery::check(const session_record& session, const recovery_question& question,
                                std::uint64_t& from) const {
  const auto away =
      std::chrono::duration_cast<milliseconds>(nsp_.shard()->exact_now() - session.ended);
  if (nsp_.shard()->exact_now() >= session.until)
    return {outcome::expired, "away for " + std::to_string(away.count()) + " ms, the limit is " +
                                  std::to_string(limits_.kept_for.count()) + " ms"};
  from = session.at.start;
  if (question.has_offset) {
    const auto parsed = offset::parse(question.offset);
    if (!parsed) return {outcome::bad_offset, "the client's offset is none of this server"};
    if (parsed->run == registry().run() && parsed->shard == nsp_.index() &&
        parsed->number >= log_.next())
      return {outcome::bad_offset, "the client's offset is event " + number(parsed->number) +
                                       ", the last one was " + number(log_.next() - 1)};
    from = behind(session, *parsed);
  }
  if (from < session.at.exact_from)
    return {outcome::log_overflow, "it has left more than " + number(limits_.rooms_left_max) +
                                       " rooms since its last event"};
  // Elsewhere nobody can look at its queue: there it is measured again, see resume().
  return measure(
      session, from,
      question.from == nsp_.index() ? room_for(*question.who) : limits_.replay_bytes_max);
}

// What is queued for the other namespaces of its connection takes part of the queue.
std::size_t recovery::room_for(const socket& who) const noexcept {
  return limits_.replay_bytes_max - std::min(limits_.replay_bytes_max, who.queued_bytes());
}

// The first event that a client has not got whose last one is `last`. Events that have moved here
// with the session are the first ones of it, and have the offsets of the streams in which they were
// sent first: what comes before `last` in its own stream, the client has got. An offset that is
// older than the session says that it has got nothing of it.
std::uint64_t recovery::behind(const session_record& session, const offset& last) const {
  std::uint64_t from = session.at.start;
  if (last.run != registry().run()) return from;
  if (last.shard == nsp_.index() && last.number >= from) return last.number + 1;
  for (const landmark& one : session.at.landmarks)
    if (one.shard == last.shard && one.number <= last.number) from = std::max(from, one.before);
  log_.each(from, [&](std::uint64_t at, const recovery_log::entry& one) {
    if (one.to != session.sid || !one.rest || !one.rest->sent_as) return;
    const offset& sent_as = *one.rest->sent_as;
    if (sent_as.shard == last.shard && sent_as.number <= last.number) from = at + 1;
  });
  return from;
}

recovery_result recovery::measure(const session_record& session, std::uint64_t from,
                                  std::size_t room_in_queue) const {
  const auto place = log_.since(from, session.ended - limits_.certain_after);
  if (place.missing == recovery_log::gap::aged)
    return {outcome::offset_gone, "it needs events from " + number(from) +
                                      " on, the oldest one that is young enough is " +
                                      number(log_.first())};
  if (place.missing == recovery_log::gap::overflowed)
    return {outcome::log_overflow,
            "it needs events from " + number(from) + " on, " + number(limits_.log_bytes_max) +
                " bytes of logs on this shard; its begins at " + number(log_.first())};
  std::size_t events = 0, bytes = 0;
  each_missed(session, from, [&](const recovery_log::entry& one, std::uint64_t) {
    events++;
    bytes += one.frame_bytes();
  });
  if (bytes > room_in_queue)
    return {outcome::too_much_missed, "it has missed " + number(events) + " events of " +
                                          number(bytes) + " bytes, " + number(room_in_queue) +
                                          " fit into its send queue"};
  return {outcome::recovered, number(events) + " events of " + number(bytes) + " bytes missed"};
}

}  // namespace socketio::core
