// Sending, and the sessions. How one goes on is in recovery_resume.cpp.
#include "core/recovery.hpp"

#include "core/delivery.hpp"
#include "core/hub.hpp"
#include "core/local_adapter.hpp"
#include "core/nsp_group.hpp"
#include "core/parent.hpp"
#include "core/recovery_budget.hpp"
#include "core/recovery_registry.hpp"
#include "core/socket.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace socketio::core {

using sending = engine::send_queue::outcome;

bool is_recoverable(reason why) noexcept {
  switch (why) {
    case reason::transport_error:
    case reason::transport_close:
    case reason::forced_close:
    case reason::ping_timeout:
    case reason::server_shutting_down:
    case reason::forced_server_close: return true;
    case reason::parse_error:
    case reason::client_namespace_disconnect:
    case reason::server_namespace_disconnect: return false;
  }
  return false;
}

// The log counts its milliseconds in 32 bits.
constexpr milliseconds age_most = std::chrono::hours(24 * 24);

recovery::recovery(nsp& of, const recovery_limits& limits)
    : nsp_(of),
      limits_(limits),
      log_({limits.log_bytes_max, std::min(limits.kept_for + limits.certain_after, age_most)}) {}

recovery::~recovery() { close(); }

offset recovery::at(std::uint64_t number) const noexcept {
  return {registry().run(), static_cast<std::uint8_t>(nsp_.index()), number};
}
offset recovery::sent_as(const recovery_log::entry& one, std::uint64_t number) const noexcept {
  return one.rest && one.rest->sent_as ? *one.rest->sent_as : at(number);
}
time_point recovery::now() const noexcept { return nsp_.shard()->now(); }
recovery_registry& recovery::registry() const noexcept { return *nsp_.group().recovery(); }

// ---- sending

sending recovery::emit(socket& to, const detail::payload& what, wire::compression how) {
  hub& owner = *nsp_.owner();
  auto& group = owner.scratch_group();
  owner.encode_event(nsp_.name(), what.text(), offset_tail(at(log_.next())).view(),
                     what.attachments(), group, how);
  if (group.empty()) return sending::dropped;  // a parser that failed, which is reported
  if (!closed_) {
    log_.append(group, to.id(), now());
    on_appended();
  }
  link* const over = to.from() ? to.from()->over() : nullptr;
  // What goes on later gets it with everything else that it has missed.
  const bool later = to.current() == socket::state::connecting && to.recovering();
  const auto outcome = later ? sending::queued : over ? over->send(group) : sending::closed;
  group.clear();
  return outcome;
}

bool recovery::emit_to_absent(socket& to, detail::payload& what, const detail::emit_flags& flags) {
  if (closed_ || !to.recovery() || flags.is_volatile) return false;
  const auto how = flags.compress ? wire::compression::wanted : wire::compression::unwanted;
  // On its way out, and nobody knows yet whether for good.
  if (to.current() != socket::state::disconnected) return emit(to, what, how), true;
  const session_id pid = to.recovery()->pid;
  if (const auto found = entries_.find(pid); found != entries_.end()) {
    if (found->second.live) return found->second.live->emit(what, flags, nullptr);
    return emit(to, what, how), true;
  }
  if (!nsp_.group().spread() || !registry().home(pid)) return false;
  const std::string own_room(to.id().view());
  return deliver(nsp_.group(), {what.text(), what.attachments()}, {{&own_room, 1}, {}, flags});
}

void recovery::encode(const broadcast_packet& packet, const broadcast_options& options,
                      const crossing& way, wire::compression how, std::vector<wire::frame>& group) {
  const auto with = [&](std::string_view tail) {
    nsp_.owner()->encode_event(nsp_.name(), packet.arguments, tail, packet.attachments, group, how);
  };
  if (options.flags.is_volatile) return with(volatile_tail(packet.arguments));
  with(offset_tail(at(log_.next())).view());
  if (group.empty() || closed_) return;
  log_.append(group, options.rooms, options.except, way, now());
  on_appended();
}

std::string recovery::volatile_tail(std::string_view arguments) const {
  if (!arguments.ends_with("\"]")) return "]";
  return std::string(offset_tail(at(log_.next() - 1)).view());
}

bool recovery::awaits_anybody() const noexcept {
  return nsp_.group().spread() ? registry().expects(nsp_.index()) : kept_count_ > 0;
}

void recovery::on_crossing(crossing way) noexcept {
  if (way.number != 0) (way.from == nsp_.index() ? own_until_ : others_until_) = way.number;
}

void recovery::on_appended() {
  count_log();
  if (hub* const owner = nsp_.owner()) {
    auto& all = owner->recovery_budget().log_bytes;
    while (all.sum() > limits_.log_bytes_max) {
      recovery& most = all.most().logs.most();
      most.log_.give_up_first(now());
      most.count_log();
    }
  }
  if (!armed() && log_.size() > 0) nsp_.shard()->timers().arm(*this, *log_.next_expiry(now()));
}

// What is too old goes, also when nothing comes any more.
void recovery::on_expired(time_point) {
  log_.expire(now());
  on_appended();
}

void recovery::count_log() noexcept {
  hub* const owner = nsp_.owner();
  if (!owner) return;
  owner->counters().recovery_log_events.add(log_.size() - counted_events_);  // or less: modulo 2^64
  owner->counters().recovery_log_bytes.add(log_.bytes() - counted_bytes_);
  counted_events_ = log_.size();
  counted_bytes_ = log_.bytes();
  recovery_account& mine = account();
  mine.logs.set(log_holder_, log_.bytes());
  owner->recovery_budget().log_bytes.set(mine.log_bytes, mine.logs.sum());
}

// ---- rooms

// What is older than all that the log has is of no use any more.
void recovery::on_left_room(socket& who, const std::string& room, std::uint64_t joined) {
  recovery_state* const state = who.recovery();
  if (!state || who.current() != socket::state::connected) return;
  state->left.push_back({room, joined, log_.next()});
  if (state->left.size() <= limits_.rooms_left_max) return;
  std::erase_if(state->left, [this](const room_stay& one) { return one.left <= log_.first(); });
  if (state->left.size() <= limits_.rooms_left_max) return;
  const auto half = state->left.begin() + static_cast<std::ptrdiff_t>(state->left.size() / 2);
  state->at.exact_from = (half - 1)->left;
  state->left.erase(state->left.begin(), half);
}

std::vector<std::string> recovery::rooms_of(const session_record& session) {
  std::vector<std::string> names;
  for (const room_stay& one : session.stays)
    if (one.left == room_stay::open) names.push_back(one.room);
  return names;
}

addressee recovery::addressee_of(const session_record& session) {
  return {session.sid, session.in_own_room, session.at.connected_from, session.stays};
}

// ---- who leaves

void recovery::on_leaving(socket& who, reason why) {
  const recovery_state* const state = who.recovery();
  if (closed_ || !state) return;
  present_--;
  if (state->given_up || !is_recoverable(why)) {
    entries_.erase(state->pid);
    registry().forget(
        state->pid, state->given_up ? recovery_outcome::too_much_missed : recovery_outcome::ended);
    return on_somebody_gone();
  }
  begin_keeping(capture(who));
}

session_record recovery::capture(socket& who) {
  recovery_state& state = *who.recovery();
  session_record session;
  session.sid = who.id();
  session.pid = state.pid;
  session.stays = std::move(state.left);
  for (const membership& in : who.memberships)
    if (in.room) session.stays.push_back({in.room->name, in.room->joined[in.index]});
  session.in_own_room = who.in_own_room;
  session.data = who.share_data();
  session.at = std::move(state.at);
  session.at.was_connected = true;
  session.ended = nsp_.shard()->exact_now();
  session.until = deadline_after(session.ended, limits_.kept_for);
  hold(session, nsp_.index());
  return session;
}

// It is held already.
void recovery::begin_keeping(session_record&& record) {
  auto session = std::make_unique<kept_session>(*this, std::move(record));
  kept_count_++;
  kept_bytes_ += session->bytes;
  nsp_.group().enter();  // it is not empty as long as somebody may come back (NS-15)
  nsp_.owner()->counters().recovery_sessions.add();
  wait(std::move(session));
}

// From now on it waits, until its deadline.
void recovery::wait(std::unique_ptr<kept_session> session) {
  nsp_.shard()->timers().arm(*session, session->until);
  auto& line = account().by_age;
  auto behind = line.end();  // nearly always
  while (behind != line.begin() && (*std::prev(behind))->ended > session->ended) --behind;
  session->place = line.insert(behind, session.get());
  session->in_line = true;
  const kept_session& newest = *session;
  count_waiting(newest.bytes);
  entry& here = entries_[session->pid];
  assert(!here.kept);
  here.live = nullptr;
  here.kept = std::move(session);
  make_room(newest);
}

void recovery::wait_no_longer(kept_session& session) noexcept {
  session.cancel();
  account().by_age.erase(session.place);
  session.in_line = false;
  count_waiting(std::size_t{0} - session.bytes);  // modulo 2^64
}

// ---- the budget

// A child of a parent counts as the parent.
recovery_account& recovery::account() {
  if (account_) return *account_;
  if (const core::parent* const from = nsp_.group().parent()) {
    recovery& of = *from->group().part(nsp_.index()).recovery();
    of.account();
    account_ = of.account_;
  } else {
    account_ = std::make_shared<recovery_account>();
  }
  return *account_;
}

void recovery::count_waiting(std::size_t more_bytes) noexcept {
  hub* const owner = nsp_.owner();
  if (!owner) return;
  recovery_account& mine = account();
  recovery_budget& all = owner->recovery_budget();
  all.sessions.set(mine.sessions, mine.by_age.size());
  all.session_bytes.set(mine.session_bytes, mine.session_bytes.amount() + more_bytes);
}

// The only one of an account that holds most of the bytes may stay: it goes when the next one comes
// and not at once, and nobody else goes for it.
void recovery::make_room(const kept_session& newest) {
  recovery_budget& all = nsp_.owner()->recovery_budget();
  const auto evict = [](kept_session& oldest) {
    oldest.of.drop(oldest, recovery_outcome::evicted);
  };
  while (all.sessions.sum() > limits_.sessions_max) evict(*all.sessions.most().by_age.front());
  while (all.session_bytes.sum() > limits_.session_bytes_max) {
    const auto& line = all.session_bytes.most().by_age;
    if (line.size() == 1 && line.front() == &newest) return;
    evict(*line.front());
  }
}

void recovery::drop(kept_session& session, recovery_outcome why) {
  wait_no_longer(session);
  const auto gone = std::move(entries_.at(session.pid).kept);
  entries_.erase(gone->pid);
  registry().forget(gone->pid, why);
  end_keeping(*gone);
}

void recovery::end_keeping(const kept_session& session) {
  unhold(session, nsp_.index());
  count_out(session);
  on_somebody_gone();
}

// What nobody can come back for is not kept. With several shards somebody may be on the way here.
void recovery::on_somebody_gone() noexcept {
  if (closed_ || log_.size() == 0 || present_ > 0 || kept_count_ > 0) return;
  if (nsp_.group().spread() && registry().expects(nsp_.index())) return;
  log_.give_up_all(now());
  timer::cancel();
  count_log();
}

void recovery::count_out(const kept_session& session) noexcept {
  kept_count_--;
  kept_bytes_ -= session.bytes;
  nsp_.group().leave();
  if (hub* const owner = nsp_.owner()) owner->counters().recovery_sessions.sub();
}

void kept_session::on_expired(time_point) { of.drop(*this, recovery_outcome::expired); }

// Whoever broadcasts to its rooms, to everybody or to its id, reaches this shard as long as it
// waits there.
void recovery::hold(const session_record& session, unsigned shard) const {
  nsp_group& all = nsp_.group();
  if (!all.spread()) return;
  for (const room_stay& one : session.stays)
    if (one.left == room_stay::open) all.rooms.hold(one.room, only(shard));
  if (session.sid.shard() != shard) all.rooms.hold(session.sid.view(), only(shard));
  registry().expect(shard);
}

void recovery::unhold(const session_record& session, unsigned shard) const {
  nsp_group& all = nsp_.group();
  if (!all.spread()) return;
  for (const room_stay& one : session.stays)
    if (one.left == room_stay::open) all.rooms.release(one.room, shard);
  if (session.sid.shard() != shard) all.rooms.release(session.sid.view(), shard);
  registry().expect_no_more(shard);
}

void recovery::close() {
  if (std::exchange(closed_, true)) return;
  timer::cancel();
  std::vector<kept_session*> waiting;
  for (const auto& [pid, one] : entries_)
    if (one.kept && one.kept->in_line) waiting.push_back(one.kept.get());
  for (kept_session* const one : waiting) drop(*one, recovery_outcome::ended);
  entries_.clear();
  log_.clear();
  count_log();
}

}  // namespace socketio::core
