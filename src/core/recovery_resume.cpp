// How a client goes on where it was (CR-05, CR-08 to CR-11). The steps:
//
//   begin     reads the wish; asks the session's shard when that is another one
//   resume    finds the session, or what became of it; a socket that is still connected is evicted
//   take      the new socket gets id, data and the session itself; then come the middlewares
//   replay    everything that it has missed, with CONNECT behind or before
//   settle    from now on it is a socket as any other
//
// Between take and settle events go on to be logged for it, so nothing that happens during its
// middlewares is lost. If its client goes away meanwhile, the session waits again (on_dropped).
#include "core/hub.hpp"
#include "core/nsp_group.hpp"
#include "core/parsing.hpp"
#include "core/recovery.hpp"
#include "core/recovery_registry.hpp"
#include "core/socket.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace socketio::core {
namespace {

using outcome = recovery_outcome;

struct wish {
  std::string pid, offset;
  bool has_pid = false, has_offset = false;
};

// A tree is made only of what may name a session.
wish wish_of(std::string_view auth) {
  wish found;
  if (auth.find("pid") == auth.npos) return found;
  const value tree = auth_tree(auth);
  const auto read = [&tree](std::string_view key, std::string& text) {
    const std::string* const given = tree[key].as_string();
    if (given) text = *given;
    return given != nullptr;
  };
  found.has_pid = read("pid", found.pid);
  found.has_offset = read("offset", found.offset);
  return found;
}

}  // namespace

// ---- the wish

void recovery::begin(const std::shared_ptr<socket>& who, std::string_view auth) {
  if (who->is_older()) {
    nsp_.owner()->counters().recoveries[static_cast<std::size_t>(outcome::older_client)].add();
    return nsp_.admit(who);
  }
  auto state = std::make_unique<recovery_state>();
  state->pid = private_id(registry().run(), nsp_.owner()->ids().next());
  state->at.start = state->at.own_from = log_.next();
  who->set_recovery(std::move(state));
  account();  // from here on it is there
  present_++;
  const wish asked = wish_of(auth);
  if (!asked.has_pid) return decide(who, {outcome::not_asked, {}});
  if (asked.pid.size() != session_id::length)
    return decide(
        who, {outcome::unknown_session,
              "a private id of " + std::to_string(asked.pid.size()) + " characters, ours have 20"});
  const session_id pid(asked.pid);
  recovery_question question{pid, {}, asked.has_offset, who, nsp_.index(), 0};
  if (asked.offset.size() <= offset::length) question.offset = asked.offset;  // else it is none
  if (nsp_.group().spread() && !entries_.contains(pid))
    if (const auto home = registry().home(pid); home && *home != nsp_.index())
      return ask(std::move(question), *home);
  resume(question);
}

// The session is here, or nowhere.
void recovery::resume(const recovery_question& question) {
  const auto& who = question.who;
  if (who->current() != socket::state::connecting) return;  // no reason to evict anybody
  kept_session* const session = fetch(question.pid);
  // Evicting ran code of the application, and the answer of another shard takes its time.
  if (closed_ || who->current() != socket::state::connecting || !who->from()) return;
  if (session && session->moving) return session->waiting.push_back(question);
  if (!session && is_on_its_way(question.pid)) return expecting_[question.pid].push_back(question);
  if (!session) {
    if (const auto home = registry().home(question.pid);
        home && *home != nsp_.index() && question.hops < hops_max)
      return ask(question, *home);  // it has gone on in the meantime
    return decide(who, gone(question.pid));
  }
  std::uint64_t from = 0;
  recovery_result result = check(*session, question, from);
  if (!result) {
    drop(*session, result.what);
    return decide(who, std::move(result));
  }
  take(who, *session, from);
  decide(who, std::move(result));
}

// The answer that the socket begins with. It goes on to its middlewares, or is connected at once.
void recovery::decide(const std::shared_ptr<socket>& who, recovery_result result) {
  if (!result) nsp_.owner()->counters().recoveries[static_cast<std::size_t>(result.what)].add();
  who->recovery()->result = std::move(result);
  nsp_.admit(who);
}

kept_session* recovery::fetch(const session_id& pid) {
  auto found = entries_.find(pid);
  if (found != entries_.end() && found->second.live) {
    evict(*found->second.live);
    found = entries_.find(pid);
  }
  return found == entries_.end() ? nullptr : found->second.kept.get();
}

// The client is back before anybody has noticed that it was gone. What waits in the old
// connection's queue is in the log; what of it has arrived the client knows by its offset.
void recovery::evict(socket& old) {
  const auto alive = old.shared_from_this();
  client* const from = old.from();
  const std::string detail = "the client is back on another connection";
  if (old.current() == socket::state::connecting)
    old.drop_before_connect();
  else
    old.leave_namespace({reason::transport_close, cause::replaced, detail});
  if (from) from->close_connection(cause::replaced, detail);
}

// ---- going on

void recovery::take(const std::shared_ptr<socket>& who, kept_session& session, std::uint64_t from) {
  wait_no_longer(session);
  recovery_state& state = *who->recovery();
  entry& here = entries_.at(session.pid);
  state.claimed = std::move(here.kept);
  here.live = who.get();
  state.pid = session.pid;
  state.from = from;
  state.at = session.at;
  remember_measure(*who);
  who->go_on_as(session.sid, std::move(session.data));
}

bool recovery::skips_middlewares(const socket& who) const noexcept {
  return limits_.skip_middlewares && who.recovering();
}

// More to send, or less room for it.
bool recovery::has_changed(const socket& who) const noexcept {
  const recovery_state& state = *who.recovery();
  return state.measured_at != log_.next() || room_for(who) < state.measured_room;
}
void recovery::remember_measure(socket& who) const noexcept {
  who.recovery()->measured_at = log_.next();
  who.recovery()->measured_room = room_for(who);
}

// While the middlewares took their time, the log may have lost what it needs, or the queue been
// filled. Without middlewares nothing can have happened since it was checked.
std::vector<std::string> recovery::on_passed(socket& who) {
  recovery_state& state = *who.recovery();
  kept_session& session = *state.claimed;
  recovery_result found = state.result;
  if (has_changed(who)) {
    found = measure(session, state.from, room_for(who));
    remember_measure(who);
    state.later = found;
    state.shown.store(&state.later, std::memory_order_release);
  }
  nsp_.owner()->counters().recoveries[static_cast<std::size_t>(found.what)].add();
  if (found) {
    std::vector<std::string> rooms = rooms_of(session);
    if (session.in_own_room) rooms.emplace(rooms.begin(), session.sid.view());
    return rooms;
  }
  // It is a new one, though the application may have seen its id.
  entries_.erase(session.pid);
  registry().forget(session.pid, found.what);
  end_keeping(session);
  state.claimed.reset();
  state.pid = private_id(registry().run(), nsp_.owner()->ids().next());
  state.at = {};
  state.at.start = state.at.own_from = log_.next();
  return {std::string(who.id().view())};
}

// Listeners of rooms were the last who could send something in between. It is connected by now, and
// nothing can be taken back: its connection ends, and its client begins anew.
bool recovery::still_fits(socket& who) {
  const recovery_state& state = *who.recovery();
  if (!state.claimed || !has_changed(who)) return true;
  recovery_result found = measure(*state.claimed, state.from, room_for(who));
  if (!found) give_up(who, std::move(found.detail));
  return bool(found);
}

// A session whose replay does not come through must not be tried again: it would not the next time.
void recovery::give_up(socket& who, std::string detail) {
  who.recovery()->given_up = true;
  who.from()->close_connection(cause::slow_consumer, std::move(detail));
}

void recovery::replay(socket& who) {
  recovery_state& state = *who.recovery();
  link* const over = who.from()->over();
  if (!state.claimed || !over) return;
  auto& group = nsp_.owner()->scratch_group();
  using sending = engine::send_queue::outcome;
  sending outcome = sending::queued;
  each_missed(*state.claimed, state.from, [&](const recovery_log::entry& one, std::uint64_t) {
    if (outcome != sending::queued) return;
    one.append_frames(group);
    outcome = over->send(group);
    if (outcome == sending::queued) nsp_.owner()->counters().events_out.add();
    group.clear();
  });
  // Though it was measured: a queue may count more than the log, of bytes in base64.
  if (outcome == sending::dropped || outcome == sending::overflow)
    give_up(who, "what it has missed did not fit into its send queue");
}

// Its rooms are those of its session, since when they were its.
void recovery::settle(socket& who) {
  recovery_state& state = *who.recovery();
  if (const auto session = std::move(state.claimed)) {
    for (room_stay& one : session->stays)
      if (one.left != room_stay::open)
        state.left.push_back(std::move(one));
      else
        who.was_in_since(one.room, one.joined);
    end_keeping(*session);
  } else {
    state.at.connected_from = log_.next();
  }
  entries_[state.pid] = {&who, nullptr};
  if (nsp_.group().spread()) registry().set_home(state.pid, nsp_.index());
}

// ---- or not

// Its client went away during the middlewares: the session waits on, as if nobody had asked.
void recovery::on_dropped(socket& who) {
  recovery_state* const state = who.recovery();
  if (!state || closed_) return;
  present_--;
  if (!state->claimed) return on_somebody_gone();
  state->claimed->data = who.share_data();
  wait(std::move(state->claimed));
}

void recovery::on_refused(socket& who) {
  recovery_state* const state = who.recovery();
  if (!state || !state->claimed || closed_) return;
  const auto session = std::move(state->claimed);
  entries_.erase(session->pid);
  registry().forget(session->pid, outcome::ended);
  end_keeping(*session);
}

}  // namespace socketio::core
