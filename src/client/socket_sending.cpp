// What goes out: at once, into the buffer of what waits for a connection (CS-10), or into the queue
// of what is sent until it was acknowledged (CS-13). Whatever refuses an event settles its
// acknowledgement at once.
#include "client/manager_state.hpp"
#include "client/socket_state.hpp"
#include "core/parsing.hpp"
#include "core/posted_bytes.hpp"

#include <utility>
#include <vector>

namespace socketio::client_side {

constexpr std::size_t retry_key_bytes_max = 64;

// The retry queue's own interest in an acknowledgement.
class socket_state::attempt final : public answer_sink {
 public:
  attempt(std::weak_ptr<socket_state> of, std::uint64_t number) noexcept
      : of_(std::move(of)), number_(number) {}
  void on_answer(const input& arguments) override {
    if (const auto to = of_.lock()) {
      to->retries_.on_answer(number_, arguments);
      to->send_next(false);
      if (to->manager_) to->manager_->tell_if_read();
    }
  }
  void on_failure(errc why) override {
    if (const auto to = of_.lock()) {
      to->retries_.on_failure(number_, why);
      if (why != errc::refused) to->send_next(false);
      if (to->manager_) to->manager_->tell_if_read();
    }
  }

 private:
  std::weak_ptr<socket_state> of_;
  std::uint64_t number_;
};

bool socket_state::refuse(std::unique_ptr<answer_sink> answer, errc why) {
  if (answer) answer->on_failure(why);
  return false;
}

bool socket_state::emit(detail::payload& what, const detail::emit_flags& flags,
                        std::unique_ptr<detail::ack_receiver> receiver, bool admitted) {
  std::unique_ptr<answer_sink> answer;
  if (receiver) answer = std::make_unique<user_answer>(out_, std::move(receiver));
  if (!manager_) return refuse(std::move(answer), errc::disconnected);
  if (options_.retries > 0 && !flags.is_volatile)
    return queue(what, flags, std::move(answer), admitted);
  const bool online = is_online();
  if (flags.is_volatile && !(online && manager_->writable()))
    return refuse(std::move(answer), errc::refused);
  if (answer && acks_.size() >= manager_->options().pending_acks_max)
    return refuse(std::move(answer), errc::refused);
  if (!online) return keep(what, flags, std::move(answer), admitted);
  const auto outcome = send_now(what, flags, answer, admitted);
  if (outcome == sending::sent) return true;
  // The connection ends just now.
  if (outcome == sending::not_now && manager_ && !flags.is_volatile)
    return keep(what, flags, std::move(answer), admitted);
  return refuse(std::move(answer), manager_ ? errc::refused : errc::disconnected);
}

bool socket_state::is_online() { return connected() && !manager_->ping_expired(); }

// `answer` is taken when it is sent.
sending socket_state::send_now(detail::payload& what, const detail::emit_flags& flags,
                               std::unique_ptr<answer_sink>& answer, bool admitted) {
  if (!admitted && manager_->queued_bytes() + core::posted_bytes(what) > send_queue_bytes_max_)
    return sending::full;
  std::optional<std::uint64_t> id;
  if (answer) id = acks_.next_id();
  tell_outgoing(what);  // which may disconnect
  const auto outcome =
      connected() && manager_ ? send_event(what, id, flags.compress) : sending::not_now;
  if (answer && outcome == sending::sent)
    acks_.expect(*id, std::move(answer), flags.timeout ? flags.timeout : options_.ack_timeout,
                 false);
  return outcome;
}

sending socket_state::send_event(detail::payload& what, std::optional<std::uint64_t> id,
                                 bool compress) {
  return manager_->send(packet_type::event, nsp_, id, what.text(), what.attachments(),
                        wire::frame_class::event, compress);
}

void socket_state::tell_outgoing(detail::payload& what) {
  if (any_outgoing.empty()) return;
  value all = core::tree_of(what.text(), what.attachments());
  const std::string* const name = (*all.as_array())[0].as_string();
  out_->run("on_any_outgoing",
            [alive = shared_from_this(), event = name ? *name : std::string(),
             arguments = values(all.as_array()->begin() + 1, all.as_array()->end())] {
              alive->any_outgoing.each({}, [&](const auto& run) { run(event, arguments); });
            });
}

// ---- what comes from other threads
//
// It has to be decided there and then whether an event is taken, or it would be lost in silence.
// What was admitted is taken, also where the connection was lost or came back meanwhile: so the
// limits may be exceeded once by what was on its way.

admission::admission(std::shared_ptr<socket_state> where, std::size_t bytes)
    : where_(std::move(where)), bytes_(bytes) {
  where_->posted_.fetch_add(bytes, std::memory_order_relaxed);
  where_->traffic_->posted.fetch_add(bytes, std::memory_order_relaxed);
}
admission::~admission() {
  where_->posted_.fetch_sub(bytes_, std::memory_order_relaxed);
  where_->traffic_->posted.fetch_sub(bytes_, std::memory_order_relaxed);
}

std::unique_ptr<admission> socket_state::admit(std::size_t bytes) {
  auto made = std::make_unique<admission>(shared_from_this(), bytes);
  if (connected() && options_.retries == 0) {
    const auto& seen = *traffic_;
    if (seen.posted.load(std::memory_order_relaxed) + seen.queued.load(std::memory_order_relaxed) >
        send_queue_bytes_max_) {
      made.reset();
      look_at_queue();
    }
  } else if (bytes + retry_key_bytes_max > send_queue_bytes_max_ ||
             posted_.load(std::memory_order_relaxed) + buffered_bytes() >
                 offline_buffer_bytes_max_) {
    made.reset();
  }
  return made;
}

// What other threads see of the queue is as old as the last event that was sent.
void socket_state::look_at_queue() {
  if (looking_.exchange(true)) return;
  shard_->post([self = shared_from_this()] {
    self->looking_ = false;
    if (self->manager_) self->manager_->note_queued();
  });
}

// ---- what waits

bool socket_state::keep(detail::payload& what, const detail::emit_flags& flags,
                        std::unique_ptr<answer_sink> answer, bool admitted) {
  const std::size_t bytes = core::posted_bytes(what);
  if (!admitted && !buffer_.has_room_for(bytes)) return refuse(std::move(answer), errc::refused);
  std::optional<std::uint64_t> id;
  if (answer) {
    id = acks_.next_id();
    acks_.expect(*id, std::move(answer), flags.timeout ? flags.timeout : options_.ack_timeout,
                 true);
  }
  buffer_.push({detail::keep(what), id, flags.compress, bytes, shard_->exact_now()});
  watch_age();
  return true;
}

// Whoever is told of it may end the connection: what did not leave goes back to its place.
void socket_state::send_buffered() {
  while (connected() && manager_) {
    auto next = buffer_.pop();
    if (!next) break;
    auto outcome = sending::not_now;
    detail::with_kept(*next->event, [&](detail::payload& what) {
      tell_outgoing(what);
      if (connected() && manager_) outcome = send_event(what, next->ack_id, next->compress);
    });
    if (outcome == sending::not_now && manager_) {
      buffer_.put_back(std::move(*next));
      break;
    }
    if (!next->ack_id) continue;
    acks_.sent(*next->ack_id);
    if (outcome != sending::sent)
      acks_.fail(*next->ack_id, manager_ ? errc::refused : errc::disconnected);
  }
  age_timer_.cancel();
  watch_age();
  if (manager_) manager_->tell_if_read();
}

void socket_state::watch_age() {
  if (!manager_) return;
  const milliseconds most = manager_->options().offline_buffer_age_max;
  const auto oldest = buffer_.oldest();
  if (most.count() == 0 || !oldest || age_timer_.armed()) return;
  shard_->timers().arm(age_timer_, deadline_after(*oldest, most));
}

void socket_state::age_timer::on_expired(time_point due) {
  const auto alive = of.shared_from_this();
  const milliseconds most = of.manager_->options().offline_buffer_age_max;
  for (auto oldest = of.buffer_.oldest(); oldest && *oldest + most <= due;
       oldest = of.buffer_.oldest()) {
    const auto gone = of.buffer_.pop();
    if (gone->ack_id) of.acks_.fail(*gone->ack_id, errc::timed_out);
  }
  of.watch_age();
  if (of.manager_) of.manager_->tell_if_read();
}

// First everything leaves, because whoever is told may emit again.
void socket_state::clear_buffers(errc why) {
  std::vector<offline_buffer::waiting> waiting;
  std::vector<retry_queue::item> queued;
  while (auto gone = buffer_.pop()) waiting.push_back(std::move(*gone));
  while (auto gone = retries_.pop()) queued.push_back(std::move(*gone));
  age_timer_.cancel();
  const auto alive = shared_from_this();
  for (const auto& gone : waiting)
    if (gone.ack_id) acks_.fail(*gone.ack_id, why);
  for (const auto& gone : queued)
    if (gone.answer) gone.answer->on_failure(why);
  if (manager_) manager_->tell_if_read();
}

std::size_t socket_state::buffered_bytes() const { return buffer_.bytes() + retries_.bytes(); }

std::vector<buffered_event> socket_state::buffered() const {
  const time_point now = shard_->exact_now();
  auto list = buffer_.look(now);
  retries_.look(now, list);
  return list;
}

// ---- retries

bool socket_state::queue(detail::payload& what, const detail::emit_flags& flags,
                         std::unique_ptr<answer_sink> answer, bool admitted) {
  auto event = detail::keep(what);
  const bool keyed = manager_->options().retry_keys;
  if (keyed) event = with_key(*event, manager_->new_key());
  const std::size_t bytes = core::posted_bytes(what) + event->text.size() - what.text().size();
  // What the connection would never take blocks the queue for ever.
  if (!admitted &&
      (retries_.bytes() + bytes > offline_buffer_bytes_max_ || bytes > send_queue_bytes_max_))
    return refuse(std::move(answer), errc::refused);
  retries_.push({++retry_number_, std::move(event), flags, std::move(answer), bytes,
                 shard_->exact_now(), keyed});
  send_next(false);
  return true;
}

// What a parser refuses would be in the way of everything behind it.
void socket_state::send_next(bool again) {
  for (; connected() && manager_; again = false) {
    const auto next = retries_.next(again);
    if (!next) return;
    std::unique_ptr<answer_sink> answer = std::make_unique<attempt>(weak_from_this(), next->number);
    auto outcome = sending::not_now;
    if (is_online())
      detail::with_kept(*next->event, [&](detail::payload& what) {
        outcome = send_now(what, next->flags, answer, false);
      });
    if (outcome == sending::sent) return;
    if (outcome != sending::never) return answer->on_failure(errc::refused);
    retries_.give_up(next->number, errc::refused);
  }
}

// ---- answers

void socket_state::send_answer(std::uint64_t ack_id, detail::payload& what) {
  if (!connected() || !manager_) return;
  const auto& options = manager_->options();
  if (manager_->queued_bytes() > options.send_queue_bytes_max * 2)  // it asks, and does not read
    return manager_->give_up_connection(client_reason::transport_error,
                                        "the server reads nothing of what it asks for");
  manager_->send(packet_type::ack, nsp_, ack_id, what.text(), what.attachments(),
                 wire::frame_class::ack, true);
}

void socket_state::send_error_answer(std::uint64_t ack_id, std::string_view code,
                                     std::string_view message) {
  detail::payload answer;
  detail::payload::answer(
      answer,
      value::map({{"error", value::map({{"code", value(code)}, {"message", value(message)}})}}));
  send_answer(ack_id, answer);
}

}  // namespace socketio::client_side
