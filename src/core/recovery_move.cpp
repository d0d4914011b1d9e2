// A client comes back on another shard than its session's. The session moves there, with what the
// client has missed, and goes on in the stream of that shard. The difficulty is to cut both streams
// at one place: every event for the client must be either among what it has missed, or come to the
// new shard, and none both.
//
//   1. The old shard, S, holds the session's rooms for the new one, T: who broadcasts to them from
//      now on reaches both. Whoever found out earlier whom to reach did so under the lock of the
//      order, so when S has taken that lock once, those broadcasts have been posted to S. The last
//      number of that moment is the fence.
//   2. S posts to itself. When that runs, S has handled all of them. What it hands over now, with
//      everything before, is the whole of what reached S alone; everything else reaches T.
//      S goes on to hold the rooms until the package is open: what T broadcasts itself in between
//      must cross, too.
//   3. S takes the lock again: what S has handled of the broadcasts to both has now also been
//      posted to T, in front of the package. So when T opens the package, it has handled all that S
//      had, and maybe more.
//   4. T appends what was missed to its log, as events for this client, and behind it what it has
//      handled itself and S had not. For that, broadcasts that cross are numbered in the order in
//      which they reach each shard: up to the fence S has handled whatever was for its clients;
//      behind it S tells how far it had come, in those of others and in its own, which it handles
//      at once.
//
// The session starts anew in T's log, with events that keep their offsets: what a client has got
// once, it has got under one name, by whatever way it comes again (see recovery::behind()).
#include "core/hub.hpp"
#include "core/nsp_group.hpp"
#include "core/recovery.hpp"
#include "core/recovery_registry.hpp"
#include "core/socket.hpp"

#include <algorithm>
#include <utility>

namespace socketio::core {
namespace {

// Bytes, because frames belong to the shard that made them.
struct moved_frame {
  std::string bytes;
  wire::frame::form form;

  explicit moved_frame(const wire::frame& of)
      : bytes(of.packet()), form{of.is_binary(), of.attachment()} {}
  wire::frame here() const { return wire::frame::of({bytes}, wire::frame_class::event, form); }
};

struct moved_event {
  std::vector<moved_frame> frames;
  offset sent_as;
};

std::vector<wire::frame> frames_of(const recovery_log::entry& one) {
  std::vector<wire::frame> group;
  one.append_frames(group);
  return group;
}

}  // namespace

struct recovery::package {
  session_record session;
  std::vector<moved_event> missed;
  unsigned from = 0;
  std::uint64_t fence = 0, others_until = 0, own_until = 0;
  recovery_question question;

  // Or it was not for S, and so not for this client.
  bool has_handled(const crossing& way) const noexcept {
    return way.number <= std::max(fence, way.from == from ? own_until : others_until);
  }
};

// ---- the new shard asks

void recovery::ask(recovery_question question, unsigned home) {
  nsp_group& all = nsp_.group();
  question.hops++;
  all.part(home).shard()->post([there = all.shared_part(home), question = std::move(question)] {
    if (there->owner()) there->recovery()->on_asked(question);
  });
}

void recovery::answer(const recovery_question& question, const recovery_result& result) {
  nsp_group& all = nsp_.group();
  all.part(question.from).shard()->post([there = all.shared_part(question.from), question, result] {
    if (there->owner()) there->recovery()->on_answered(question, result);
  });
}

void recovery::on_answered(const recovery_question& question, const recovery_result& result) {
  if (!closed_ && question.who->current() == socket::state::connecting)
    decide(question.who, result);
}

// Its home is here already, but it has not come.
bool recovery::is_on_its_way(const session_id& pid) const {
  return nsp_.group().spread() && !entries_.contains(pid) && registry().home(pid) == nsp_.index();
}

// ---- the old one answers

void recovery::on_asked(const recovery_question& question) {
  if (closed_) return;
  if (question.from == nsp_.index()) return resume(question);  // it has come here meanwhile
  kept_session* const session = fetch(question.pid);
  if (closed_) return;
  if (!session) {
    if (is_on_its_way(question.pid)) return expecting_[question.pid].push_back(question);
    const auto home = registry().home(question.pid);
    if (home && *home != nsp_.index() && question.hops < hops_max) return ask(question, *home);
    return answer(question, gone(question.pid));
  }
  if (session->moving) return session->waiting.push_back(question);
  std::uint64_t from = 0;
  const recovery_result found = check(*session, question, from);
  if (found) return move(*session, question, from);
  drop(*session, found.what);
  answer(question, found);
}

void recovery::move(kept_session& session, const recovery_question& question, std::uint64_t from) {
  wait_no_longer(session);
  session.moving = true;
  hold(session, question.from);
  session.fence = registry().fence();
  nsp_.shard()->post([here = nsp_.shared_from_this(), question, from] {
    if (here->owner()) here->recovery()->send_package(question, from);
  });
}

// What they say of the events that move, which have these numbers here: `before` becomes a place
// among them. Whoever was connected here has a new one, behind what had moved here.
std::vector<landmark> recovery::landmarks_of(const progress& of,
                                             const std::vector<std::uint64_t>& numbers) const {
  std::vector<landmark> all = of.landmarks;
  if (of.was_connected) all.push_back({nsp_.index(), of.own_from - 1, of.own_from});
  for (landmark& one : all)
    one.before =
        static_cast<std::uint64_t>(std::ranges::lower_bound(numbers, one.before) - numbers.begin());
  std::erase_if(all, [](const landmark& one) { return one.before == 0; });  // has got there
  if (all.size() > progress::landmarks_max) all.erase(all.begin());
  return all;
}

void recovery::send_package(const recovery_question& question, std::uint64_t from) {
  if (closed_) return;
  const auto session = std::move(entries_.at(question.pid).kept);
  entries_.erase(question.pid);
  nsp_.group().enter();  // the package is a visitor, too
  count_out(*session);
  const auto box = std::make_shared<package>();
  const recovery_result found = measure(*session, from, limits_.replay_bytes_max);
  if (found) {
    std::vector<std::uint64_t> numbers;
    each_missed(*session, from, [&](const recovery_log::entry& one, std::uint64_t number) {
      const auto frames = frames_of(one);
      box->missed.push_back({{frames.begin(), frames.end()}, sent_as(one, number)});
      numbers.push_back(number);
    });
    session->at.landmarks = landmarks_of(session->at, numbers);
    box->from = nsp_.index();
    box->others_until = others_until_;
    box->own_until = own_until_;
    box->question = question;
    box->session = std::move(static_cast<session_record&>(*session));
    box->fence = session->fence;
    registry().set_home(question.pid, question.from);
    registry().fence();
    nsp_group& all = nsp_.group();
    all.part(question.from).shard()->post([there = all.shared_part(question.from), box] {
      if (there->owner()) there->recovery()->on_package(*box);
    });
  } else {  // the log has lost it in this very moment
    unhold(*session, nsp_.index());
    unhold(*session, question.from);
    nsp_.group().leave();
    registry().forget(question.pid, found.what);
    answer(question, found);
  }
  for (recovery_question& other : session->waiting) {
    if (found)
      ask(std::move(other), question.from);
    else
      answer(other, found);
  }
}

// ---- and the new one opens it

void recovery::on_package(package& box) {
  if (closed_) return;
  session_record session = std::move(box.session);
  unhold(session, box.from);  // until now, so that whatever was for this client has crossed
  std::erase_if(session.stays, [](const room_stay& one) { return one.left != room_stay::open; });
  for (room_stay& one : session.stays) one.joined = 0;
  session.at.connected_from = 0;
  // Before anything is appended, which may make the log give up its oldest.
  struct own_event {
    std::vector<wire::frame> group;
    offset sent_as;
  };
  std::vector<own_event> own;
  const addressee me = addressee_of(session);
  log_.each(log_.first(), [&](std::uint64_t number, const recovery_log::entry& one) {
    const bool crossed = one.rest && one.rest->way.number != 0;
    if (!crossed || box.has_handled(one.rest->way) || !one.is_for(me, number)) return;
    own.push_back({frames_of(one), sent_as(one, number)});
  });
  progress& at = session.at;
  at.start = log_.next();
  at.exact_from = 0;
  at.was_connected = false;
  for (landmark& one : at.landmarks) one.before += at.start;
  for (const moved_event& event : box.missed) {
    std::vector<wire::frame> group;
    for (const moved_frame& one : event.frames) group.push_back(one.here());
    log_.append(group, session.sid, now(), event.sent_as);
  }
  for (const own_event& event : own) log_.append(event.group, session.sid, now(), event.sent_as);
  at.own_from = log_.next();
  on_appended();
  for (room_stay& one : session.stays) one.joined = log_.next();
  begin_keeping(std::move(session));
  nsp_.group().leave();
  const auto others = std::exchange(expecting_[box.question.pid], {});
  expecting_.erase(box.question.pid);
  resume(box.question);
  for (const recovery_question& one : others) on_asked(one);
}

}  // namespace socketio::core
