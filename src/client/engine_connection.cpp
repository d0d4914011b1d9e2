// The life of a connection: what it is told to do, what its session says, and its end. See
// engine_connection.hpp; requests and WebSockets are in engine_transports.cpp.
#include "client/engine_connection.hpp"

#include <algorithm>
#include <utility>

namespace socketio::client_side {
namespace {

using engine::websocket_place;

// Of answers to pings, beyond what the application may send.
constexpr std::size_t control_bytes_max = 64 * 1024;
constexpr int messages_per_turn_max = 256;  // as of a WebSocket

engine::client_options engine_options(const client_options& from, const connection_facts& with) {
  engine::client_options made;
  made.transports.clear();
  for (const std::string& name : with.transports) {
    if (name == "polling") made.transports.push_back(engine::transport::polling);
    if (name == "websocket") made.transports.push_back(engine::transport::websocket);
  }
  made.query = with.query;
  made.timestamp_param = from.timestamp_param;
  made.timestamp_requests = from.timestamp_requests;
  made.upgrade = from.upgrade;
  made.try_all_transports = from.try_all_transports;
  made.force_base64 = from.force_base64;
  made.close_timeout = third_of(from.close_timeout);
  return made;
}

connect_failure failure_of(const engine::client_event& event) {
  return {event.failure.what, event.text, {}, event.failure.detail, event.failure.status};
}

}  // namespace

engine_connection::engine_connection(std::shared_ptr<connection_surroundings> in,
                                     const connection_facts& with, connection_sink& sink)
    : in_(std::move(in)),
      options_(engine_options(in_->options, with)),
      with_(with),
      sink_(&sink),
      session_(options_, in_->options.remember_upgrade && in_->websocket_worked, in_->seed()),
      http_(*in_->shard, in_->how) {
  session_.open(in_->wall_ms());
  drive_later();  // nobody is called inside the constructor, also when it has failed already
}

engine_connection::~engine_connection() {
  *alive_ = false;
  in_->shard->forget(*this);
}

// ---- commands

// Not inside of whoever calls, and not inside drive(), which may stand below.
void engine_connection::drive_later() {
  in_->shard->at_end_of_turn([this, alive = alive_] {
    if (*alive) drive();
  });
}

// Events and answers count: nothing is lost with another packet that was not read.
void engine_connection::note_sent(std::span<const wire::frame> group) noexcept {
  if (!group.empty() && group.front().kind() != wire::frame_class::control) ++sent_;
}

bool engine_connection::send(std::span<const wire::frame> group) {
  if (main_ && session_.send_directly()) {
    note_sent(group);
    for (const wire::frame& each : group) main_->socket->send(each);
    return true;
  }
  if (!session_.send(group)) return false;
  note_sent(group);
  in_->shard->mark_dirty(*this);
  return true;
}

void engine_connection::flush() {
  session_.flush();
  drive();
}

void engine_connection::close(std::vector<wire::frame> last, std::function<void(bool)> ended) {
  sink_ = nullptr;
  ended_ = std::move(ended);
  last_words_ = std::move(last);
  if (last_words_.empty()) return say_goodbye();
  patience_ends_ = deadline_after(in_->shard->exact_now(), third_of(in_->options.close_timeout));
  when_read([this] { say_goodbye(); });
}

void engine_connection::hurry() {
  if (!last_words_.empty()) say_goodbye();
}

void engine_connection::say_goodbye() {
  told_read_ = nullptr;
  patience_ends_ = time_point::max();
  if (!last_words_.empty()) send(std::exchange(last_words_, {}));
  session_.close(in_->shard->exact_now());
  drive_later();
}

void engine_connection::abort(client_reason why, std::string description) {
  session_.abort(why, {connect_cause::none, std::move(description)});
  drive_later();
}

bool engine_connection::ping_expired() const noexcept {
  return session_.ping_expired(in_->shard->exact_now());
}

std::size_t engine_connection::queued_bytes() const noexcept {
  return session_.queued_bytes() + (main_ && main_->socket ? main_->socket->queued_bytes() : 0);
}

// ---- whether the server has read it

void engine_connection::when_read(std::function<void()> told) {
  asked_about_ = sent_;
  told_read_ = std::move(told);
  drive_later();
}

void engine_connection::ask() {
  const bool taken = session_.current() == engine::client_session::state::open &&
                     !session_.upgrading() && session_.queued_bytes() == 0;
  if (taken && session_.kind() == engine::transport::polling) read_ = sent_;
  if (!told_read_) return;
  if (read_ >= asked_about_) return on_read(read_);
  if (!taken || !main_ || pinged_ >= asked_about_) return;
  pinged_ = sent_;
  main_->socket->ping(std::to_string(pinged_));
}

void engine_connection::on_read(std::uint64_t number) {
  read_ = number;
  if (read_ < asked_about_) return;
  if (const auto told = std::exchange(told_read_, nullptr)) told();
}

// ---- what the session says

void engine_connection::drive() {
  if (std::exchange(driving_, true)) return;
  const auto alive = alive_;
  int messages = 0;
  behind_ = false;
  while (!behind_) {
    if (const auto event = session_.poll_event()) {
      if (event->what == engine::client_event::kind::message) ++messages;
      tell(*event);
      if (!*alive) return;
      behind_ = messages == messages_per_turn_max && session_.takes_records();
    } else if (auto action = session_.poll_action()) {
      perform(*action);
    } else {
      break;
    }
  }
  if (behind_)  // answers to pings, and what the application has said meanwhile
    while (auto action = session_.poll_action()) perform(*action);
  driving_ = false;
  if (behind_) {
    in_->shard->still_unread();
    watch_deadline();
    return in_->shard->mark_dirty(*this);
  }
  if (auto outcome = std::exchange(posted_meanwhile_, std::nullopt))
    return on_posted(std::move(*outcome));
  if (session_.waits_for_flush()) in_->shard->mark_dirty(*this);
  ask();
  if (!*alive) return;
  watch_deadline();
  end_if_over();
}

void engine_connection::tell(const engine::client_event& event) {
  using kind = engine::client_event::kind;
  if (event.what == kind::opened || event.what == kind::upgraded || event.what == kind::closed)
    in_->websocket_worked = session_.websocket_works();
  if (!sink_) return;
  switch (event.what) {
    case kind::opened: opened_ = true; return sink_->on_open();
    case kind::message: return sink_->on_message(event.binary, event.data);
    case kind::ping:
      if (queued_bytes() > in_->options.send_queue_bytes_max + control_bytes_max)
        return abort(client_reason::transport_error,
                     "the server reads nothing of what it asks for");
      return sink_->on_ping();
    case kind::upgraded: return sink_->on_upgrade();
    case kind::upgrade_failed: return sink_->on_upgrade_failed(failure_of(event));
    case kind::drained: return sink_->on_drained();
    case kind::failed:
      if (!opened_) return std::exchange(sink_, nullptr)->on_failed(failure_of(event));
      failed_ = failure_of(event);
      return;
    case kind::closed: {
      const auto error = std::exchange(failed_, std::nullopt);
      return std::exchange(sink_, nullptr)
          ->on_closed({event.why, event.failure.detail}, error ? &*error : nullptr);
    }
  }
}

void engine_connection::perform(engine::client_action& action) {
  using kind = engine::client_action::kind;
  auto& where = action.place == websocket_place::main ? main_ : candidate_;
  switch (action.what) {
    case kind::get: return get(std::move(action.query));
    case kind::post: return post(std::move(action.query), std::move(action.body), false);
    case kind::post_last: return post(std::move(action.query), std::move(action.body), true);
    case kind::cancel_requests:
      http_.cancel(std::exchange(getting_, 0));
      http_.cancel(std::exchange(posting_, 0));
      return;
    case kind::open_websocket: return open_websocket(action.place, action.query);
    case kind::send_text:
      if (where) where->socket->send_text(action.body);
      return;
    case kind::send_batch:
      for (const wire::frame& each : session_.take_batch())
        if (main_) main_->socket->send(each);
      return;
    case kind::promote:
      main_ = std::move(candidate_);
      if (main_) main_->where = websocket_place::main;
      return;
    case kind::close_websocket:
      if (!where) return;
      ++leaving_;
      where->socket->close({}, [this, alive = alive_] {
        if (!*alive) return;
        --leaving_;
        end_if_over();
      });
      where.reset();
      return;
  }
}

// ---- time and the end

void engine_connection::watch_deadline() {
  const auto next = std::min(session_.next_timeout().value_or(time_point::max()), patience_ends_);
  if (next == time_point::max()) return timer_.cancel();
  if (timer_.armed() && timer_.deadline() == next) return;
  in_->shard->timers().arm(timer_, next);
}

void engine_connection::deadline_timer::on_expired(time_point due) {
  engine_connection& to = owner;
  if (due >= to.patience_ends_) to.say_goodbye();
  if (to.behind_) return;  // watch_deadline() comes back to it
  to.session_.on_time(due);
  to.drive();
}

// Behind close(): what is left is the good-bye, behind everything that was sent.
void engine_connection::end_if_over() {
  if (!ended_ || session_.current() != engine::client_session::state::closed || last_post_ ||
      leaving_ > 0)
    return;
  const auto ended = std::exchange(ended_, nullptr);
  in_->shard->at_end_of_turn([this, ended, alive = alive_] {
    if (*alive) ended(all_read());
  });
}

}  // namespace socketio::client_side
