// The heart of the driver: what the state machine says is carried out here, and nowhere else.
// Tested by tests/unit/net/engine_session_test.cpp and the other engine tests beside it.
#include "base/fetch_ahead.hpp"
#include "net/engine_server_impl.hpp"
#include "wire/permessage_deflate.hpp"

#include <cassert>

namespace socketio::net {

live_session::live_session(engine_server::impl& server, const session_id& id, std::string sid,
                           const engine::parameters& asked, std::shared_ptr<websocket> over)
    : server_(server),
      websocket_(std::move(over)),
      session_(server.options(), sid.empty() ? id.view() : std::string_view(sid),
               websocket_ ? engine::transport::websocket : engine::transport::polling,
               asked.text_only, server.now(), asked.revision),
      id_(sid.size() == session_id::length ? session_id(sid) : id) {
  if (!sid.empty() && sid != id_.view()) sid_ = std::make_unique<std::string>(std::move(sid));
  if (websocket_) {
    websocket_->set_sink(this);
    websocket_->set_queue(&session_.outgoing());
    deflates_ = websocket_->extension() != nullptr;
  } else {
    polling_ = std::make_shared<polling_side>(*this);
  }
}

live_session::~live_session() = default;

void live_session::start(const http_request& request) {
  draining_ = true;
  const auto opened = session_.poll_event();
  assert(opened && opened->what == engine::event::kind::opened);
  tell_transport(engine::to_string(transport()), "open");
  if (opened && server_.hooks().on_session) sink_ = server_.hooks().on_session(*this, request);
  draining_ = false;
  if (websocket_) {
    websocket_->tell_flushed(sink_ && sink_->hears_drained());
    websocket_->flush_later();
    drain();
  }
}

// ---- engine_session

// Before the queue's policy judges the peer, the kernel is asked: within one turn, or while another
// shard sent faster than this one could write, it is not the peer that was slow.
void live_session::make_room(std::span<const wire::frame> group) {
  std::size_t wanted = session_.queued_bytes();
  for (const wire::frame& part : group) wanted += part.size();
  if (wanted > server_.options().queue.bytes_max && websocket_ && !websocket_closing_)
    websocket_->write_now();
}

engine::send_queue::outcome live_session::send(std::span<const wire::frame> group) {
  if (deflates_) [[unlikely]]
    return enqueue_deflated(group);
  return enqueue(group);
}

// What is queued is what was compressed, so that the queue counts what will travel. Where messages
// refer to earlier ones, none may refer to one that never arrives: behind a queue whose policy may
// drop what it holds, a message refers to nothing before it.
engine::send_queue::outcome live_session::enqueue_deflated(std::span<const wire::frame> group) {
  if (state() != engine::session::state::open) return engine::send_queue::outcome::closed;
  wire::permessage_deflate& extension = *websocket_->extension();
  const bool drops = server_.options().queue.policy != engine::overflow_policy::close;
  if (drops && !session_.outgoing().empty()) extension.forget_sent();
  std::vector<wire::frame>& frames = server_.scratch_group();
  for (const wire::frame& one : group) {
    // What is not compressed gets its form on its way into the queue.
    wire::frame deflated = extension.deflate(engine::as(session_.form(), one), server_.now());
    if (deflated.is_deflated())
      frames.push_back(std::move(deflated));
    else
      frames.push_back(one);
  }
  const auto outcome = enqueue(frames);
  frames.clear();
  if (outcome == engine::send_queue::outcome::dropped) extension.forget_sent();
  return outcome;
}

engine::send_queue::outcome live_session::enqueue(std::span<const wire::frame> group) {
  engine_counters& counters = server_.counters();
  make_room(group);
  const engine::send_queue& queue = session_.outgoing();
  const std::uint32_t dropped_groups = queue.dropped_groups();
  const std::uint32_t dropped_bytes = queue.dropped_bytes();
  const auto outcome = session_.send(group, server_.now());
  if (queue.dropped_groups() != dropped_groups) {
    counters.dropped_messages += queue.dropped_groups() - dropped_groups;
    counters.dropped_bytes += queue.dropped_bytes() - dropped_bytes;
    if (sink_) sink_->on_dropped(queue.dropped_groups() - dropped_groups);
  }
  if (logger::anybody_debugs(debug_name::engine_socket)) [[unlikely]]
    tell_message("message out", group.front().size());
  switch (outcome) {
    case engine::send_queue::outcome::queued:
      ++counters.messages_out;
      for (const wire::frame& part : group) counters.bytes_out += part.size();
      if (websocket_) {
        websocket_->flush_later();
      } else if (!draining_ && session_.poll_pending()) {
        server_.drain_later(*this);
      }
      break;
    case engine::send_queue::outcome::dropped:
    case engine::send_queue::outcome::closed: break;
    case engine::send_queue::outcome::overflow:
      if (!draining_) server_.drain_later(*this);
      break;
  }
  return outcome;
}

void live_session::fetch_ahead(int step) const noexcept {
  if (step == 0) return socketio::fetch_ahead<(sizeof(*this) + 63) / 64>(this);
  socketio::fetch_ahead<4>(websocket_.get());
  socketio::fetch_ahead<1>(session_.queued_frames());
}

void live_session::close(reason why, cause what, std::string detail, bool discard) {
  session_.close(why, what, std::move(detail), discard, server_.shard().exact_now());
  if (!draining_ && !retired_) server_.drain_later(*this);
}

void live_session::tell_drained(bool wanted) {
  if (websocket_ && !websocket_closing_) websocket_->tell_flushed(wanted);
}

void live_session::pause_reading(time_point until) {
  if (websocket_) return websocket_closing_ ? void() : websocket_->pause_reading(until);
  if (!polling_ || !polling_->read) return;  // what came otherwise has been answered
  if (!polling_->held) polling_->held = std::make_unique<held_post>(*polling_);
  if (polling_->held->armed() && polling_->held->deadline() >= until) return;
  server_.shard().timers().arm(*polling_->held, until);
}

void live_session::leave() {
  leaves_ = true;
  if (sink_) sink_->on_server_leaves();
}

// ---- drain

void live_session::drain(int messages) {
  if (draining_ || retired_) return;
  draining_ = true;
  while (messages > 0 || !session_.has_input()) {
    if (const auto what = session_.poll_event()) {
      if (what->what == engine::event::kind::message) --messages;
      deliver(*what);
    } else if (const auto next = session_.poll_action()) {
      perform(*next);
    } else {
      break;
    }
  }
  draining_ = false;
  if (session_.has_input()) {
    hold_candidate();
    return server_.drain_later(*this);
  }
  if (polling_ && polling_->read) answer_data();
  if (closed_) return retire();
  rearm();
}

void live_session::take(engine::message_kind format, std::string_view data) {
  engine_counters& counters = server_.counters();
  ++counters.messages_in;
  counters.bytes_in += data.size();
  if (logger::anybody_debugs(debug_name::engine_socket)) [[unlikely]]
    tell_message("message in", data.size());
  if (sink_) sink_->on_message(format, data);
}

void live_session::deliver(const engine::event& what) {
  engine_counters& counters = server_.counters();
  switch (what.what) {
    case engine::event::kind::opened: break;  // by start()
    case engine::event::kind::message: take(what.format, what.data); break;
    case engine::event::kind::heartbeat:
      if (sink_) sink_->on_heartbeat();
      break;
    case engine::event::kind::upgrading:
      if (sink_) sink_->on_upgrading();
      break;
    case engine::event::kind::upgraded:
      --counters.polling;
      ++counters.websocket;
      ++counters.upgrades_total;
      tell_transport("polling", "closed");
      if (sink_) sink_->on_upgraded();
      break;
    case engine::event::kind::drained:
      if (sink_) sink_->on_drained();
      break;
    case engine::event::kind::closed:
      closed_ = true;
      --counters.sessions;
      --(transport() == engine::transport::polling ? counters.polling : counters.websocket);
      ++counters.closed_total;
      ++counters.closed_by_cause[static_cast<std::uint8_t>(session_.why().what)];
      tell_closed();
      tell_transport(engine::to_string(transport()), "closed");
      if (session_sink* const told = std::exchange(sink_, nullptr)) told->on_closed(session_.why());
      break;
  }
}

void live_session::tell_message(const char* what, std::size_t bytes) const {
  if (log().debugs(debug_name::engine_socket))
    log().debug(debug_name::engine_socket, what, {{"sid", sid()}, {"bytes", bytes}});
}

void live_session::tell_closed() const {
  if (log().debugs(debug_name::engine_socket))
    log().debug(debug_name::engine_socket, "session closed",
                {{"sid", sid()},
                 {"reason", session_.why().text()},
                 {"cause", to_string(session_.why().what)},
                 {"detail", session_.why().detail}});
}

void live_session::tell_transport(std::string_view which, std::string_view state) const {
  if (log().debugs(debug_name::engine_transport)) [[unlikely]]
    log().debug(debug_name::engine_transport, "transport",
                {{"sid", sid()}, {"transport", which}, {"state", state}});
}

void live_session::perform(engine::action what) {
  switch (what) {
    case engine::action::answer_poll: answer_poll(); break;
    case engine::action::abort_data: abort_data(); break;
    case engine::action::send_probe_reply: polling_->candidate->link->send_text("3probe"); break;
    case engine::action::promote_candidate: promote_candidate(); break;
    case engine::action::close_candidate: close_candidate(); break;
    case engine::action::close_websocket:
      websocket_closing_ = true;
      websocket_->close(/*after_queue=*/true);
      break;
  }
}

// The timer is only moved when something is due earlier than it. A deadline that moved away, as it
// does with every pong, costs nothing: the timer finds out when it expires.
void live_session::rearm() {
  const auto next = session_.next_timeout();
  if (next && (!armed() || *next < deadline())) server_.shard().timers().arm(*this, *next);
}

// What begins has its full time: code of the application may have run in this turn, also in timers
// that expired before this one.
void live_session::on_expired(time_point due) {
  if (session_.has_input()) return;  // the answer may be in there; drain() arms it again
  const bool paused =
      websocket_ ? !websocket_closing_ && websocket_->reading_paused() : polling_ && polling_->held;
  if (paused) session_.on_reading_paused(server_.shard().exact_now());
  session_.on_timeout(server_.shard().exact_now(), due);
  if (websocket_ && !session_.outgoing().empty()) websocket_->flush_later();  // a ping
  drain();
}

// Beyond this point no transport knows the session any more. The WebSocket is released with the
// session itself, because this may run inside one of its calls.
void live_session::retire() {
  retired_ = true;
  cancel();
  if (websocket_ && !websocket_closing_) {
    websocket_->set_sink(nullptr);
    websocket_->set_queue(nullptr);
  }
  if (polling_) {
    polling_->owner = nullptr;
    polling_->let_go();
  }
  polling_.reset();
  server_.retire(*this);
}

void live_session::cut() {
  cancel();
  if (websocket_ && !websocket_closing_) {
    websocket_->set_sink(nullptr);
    websocket_->set_queue(nullptr);
    websocket_->abort();
  }
  if (!polling_) return;
  polling_->owner = nullptr;
  if (polling_->held && polling_->held->data) polling_->held->data->abort();
  polling_->held.reset();
  if (polling_->poll) polling_->poll->abort();
  if (polling_->data) polling_->data->abort();
  if (polling_->read) polling_->read->abort();
  if (polling_->candidate) {
    polling_->candidate->link->set_sink(nullptr);
    polling_->candidate->link->abort();
  }
  // Callbacks that still hold the polling side must not keep the exchanges that hold the callbacks.
  polling_->poll.reset();
  polling_->data.reset();
  polling_->read.reset();
  polling_->candidate.reset();
}

// ---- websocket_sink

void live_session::on_websocket_message(bool binary, std::string_view data) {
  const auto format = binary ? engine::message_kind::binary : engine::message_kind::text;
  if (draining_ || !session_.take_message(format, data, server_.now())) {
    assert(!session_.has_input());
    session_.on_message(format, data, server_.now());
    return on_rare_message();
  }
  draining_ = true;
  take(format, data);
  draining_ = false;
  if (session_.has_news()) drain();
}

// Whatever is no message, and whatever else there was to tell: a ping of revision 3 is answered by
// the session itself.
void live_session::on_rare_message() {
  drain();
  if (retired_ || websocket_closing_ || session_.outgoing().empty()) return;
  websocket_->flush_later();
}

void live_session::on_websocket_flushed() {
  session_.on_flushed(server_.now());
  drain();
}

void live_session::on_websocket_closed(reason why, cause what, std::string detail) {
  if (log().debugs(debug_name::engine_ws)) [[unlikely]]
    log().debug(debug_name::engine_ws, "WebSocket ended", {{"sid", sid()}, {"detail", detail}});
  session_.on_websocket_closed(why, what, std::move(detail), server_.now());
  drain();
}

}  // namespace socketio::net
