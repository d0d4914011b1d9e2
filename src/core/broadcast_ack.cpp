#include "core/broadcast_ack.hpp"

#include "core/hub.hpp"
#include "core/nsp_group.hpp"
#include "core/socket.hpp"

#include <map>

namespace socketio::core {

// Several shards are asked at once, so that the id has to be known before. With one it is the next
// of its row, which nobody else may touch.
broadcast_ack::broadcast_ack(nsp& home, std::size_t shards,
                             std::unique_ptr<detail::broadcast_receiver> receiver)
    : home_(home.shared_from_this()),
      id_(home.group().spread() ? home.group().next_ack_id() : 0),
      shards_left_(shards),
      receiver_(std::move(receiver)) {}

// At once when called at home, else posted. A home that has stopped hears nothing any more.
template <class Work>
void broadcast_ack::at_home(Work work) {
  if (home_->shard()->on_thread()) return work(*this);
  home_->shard()->post([self = shared_from_this(), work = std::move(work)] { work(*self); });
}

void broadcast_ack::start(milliseconds timeout) {
  started_ = true;
  home_->on_asking(shared_from_this());
  if (!home_->group().spread()) id_ = home_->next_ack_id();
  home_->shard()->timers().arm(*this, deadline_after(home_->shard()->exact_now(), timeout));
  check_complete();
}

void broadcast_ack::expect_shards(std::size_t count) {
  at_home([count](broadcast_ack& of) { of.shards_left_ += count; });
}

std::string_view broadcast_ack::name_of(const session_id& id) const noexcept {
  const auto found = named_.find(id);
  return found == named_.end() ? id.view() : std::string_view(found->second);
}

void broadcast_ack::on_asked(std::vector<session_id> waiting, std::vector<session_id> missing,
                             names named) {
  at_home([waiting = std::move(waiting), missing = std::move(missing),
           named = std::move(named)](broadcast_ack& of) {
    if (of.ended_) {  // it took longer to ask than to wait for
      of.waiting_.insert(waiting.begin(), waiting.end());
      return of.forget_waiting();
    }
    of.shards_left_--;
    of.asked_ += waiting.size();
    of.named_.insert(named.begin(), named.end());
    of.waiting_.insert(waiting.begin(), waiting.end());
    for (const session_id& one : missing) of.gone_.emplace_back(of.name_of(one));
    of.check_complete();
  });
}

void broadcast_ack::on_refused(errc why) {
  at_home([why](broadcast_ack& of) {
    if (of.ended_) return;
    of.shards_left_--;
    if (!of.failure_) of.failure_ = why;
    of.check_complete();
  });
}

void broadcast_ack::on_answer(const session_id& from, const input& arguments) {
  if (home_->shard()->on_thread()) return settle(from, arguments);
  at_home([from, kept = value::from(arguments)](broadcast_ack& of) {
    of.settle(from, detail::input_of(kept));
  });
}

void broadcast_ack::settle(const session_id& from, const input& arguments) {
  if (ended_ || waiting_.erase(from) == 0) return;
  home_->guard("broadcast acknowledgement",
               [&] { receiver_.get()->on_answer(name_of(from), arguments); });
  check_complete();
}

void broadcast_ack::on_gone(const session_id& who) {
  at_home([who](broadcast_ack& of) {
    if (of.ended_ || of.waiting_.erase(who) == 0) return;
    of.gone_.emplace_back(of.name_of(who));
    of.check_complete();
  });
}

// ---- other servers

void broadcast_ack::expect_servers(std::size_t count) { expect_shards(count); }

void broadcast_ack::on_server_asked(std::size_t clients) {
  at_home([clients](broadcast_ack& of) {
    if (of.ended_ || of.shards_left_ == 0) return;  // nobody was expected to tell
    of.shards_left_--;
    of.remote_left_ += static_cast<std::int64_t>(clients);
    of.check_complete();
  });
}

void broadcast_ack::on_server_answer(value first_argument) {
  at_home([answer = value(value::array{std::move(first_argument)})](broadcast_ack& of) {
    if (of.ended_) return;
    of.remote_left_--;
    of.home_->guard("broadcast acknowledgement",
                    [&] { of.receiver_.get()->on_answer({}, detail::input_of(answer)); });
    of.check_complete();
  });
}

void broadcast_ack::on_server_lost(std::size_t answers_missing) {
  at_home([answers_missing](broadcast_ack& of) {
    if (of.ended_) return;
    of.remote_left_ -= static_cast<std::int64_t>(answers_missing);
    if (!of.failure_) of.failure_ = errc::disconnected;
    of.check_complete();
  });
}

// ---- the end

void broadcast_ack::on_expired(time_point) {
  if (hub* owner = home_->owner()) owner->counters().acks_timed_out.add(waiting_.size());
  end(make_error_code(errc::timed_out));
}

void broadcast_ack::on_home_closed() { end(make_error_code(errc::disconnected)); }

void broadcast_ack::check_complete() {
  if (!started_ || shards_left_ > 0) return;  // not started: home had closed before
  if (!std::exchange(told_asked_, true))
    home_->guard("broadcast acknowledgement", [&] { receiver_.get()->on_asked(asked_); });
  if (!waiting_.empty() || remote_left_ != 0) return;
  if (!failure_ && !gone_.empty()) failure_ = errc::disconnected;
  end(failure_);
}

void broadcast_ack::end(std::error_code why) {
  if (std::exchange(ended_, true)) return;
  timer::cancel();
  const auto alive = shared_from_this();
  home_->on_asking_ended(alive);
  for (const session_id& id : waiting_) gone_.emplace_back(name_of(id));
  forget_waiting();
  const auto receiver = receiver_.take();
  home_->guard("broadcast acknowledgement", [&] { receiver->on_end(why, std::move(gone_)); });
}

// The sockets need not wait any more either.
void broadcast_ack::forget_waiting() {
  nsp_group& all = home_->group();
  std::map<unsigned, std::vector<session_id>> by_shard;
  for (const session_id& id : std::exchange(waiting_, {}))
    by_shard[all.spread() ? id.shard() : 0].push_back(id);
  for (auto& [shard, ids] : by_shard) {
    const auto forget = [part = all.shared_part(shard), ids = std::move(ids), ack = id_] {
      for (const session_id& id : ids)
        if (socket* const silent = part->find(id)) silent->forget_broadcast_answer(ack);
    };
    executor& there = *all.part(shard).shard();
    if (there.on_thread())
      forget();
    else
      there.post(forget);
  }
}

}  // namespace socketio::core
