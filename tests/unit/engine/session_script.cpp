// See session_script.hpp.
#include "unit/engine/session_script.hpp"

#include <array>

namespace socketio::engine::testing {
namespace {

constexpr std::string_view binary_prefix = "<binary>";

std::string binary(std::string_view bytes) { return std::string(binary_prefix) += bytes; }

// Takes one unmasked, final frame off `wire`.
std::string take_frame(std::string_view& wire) {
  const auto byte = [&wire](std::size_t at) { return static_cast<unsigned char>(wire.at(at)); };
  const bool is_binary = byte(0) == 0x82;
  std::uint64_t size = byte(1);
  std::size_t head = 2;
  if (size >= 126) {
    const std::size_t last = head + (size == 126 ? 2 : 8);
    for (size = 0; head < last; ++head) size = size << 8 | byte(head);
  }
  std::string payload(wire.substr(head, size));
  wire.remove_prefix(head + size);
  return is_binary ? binary(payload) : payload;
}

std::string_view name_of(event::kind what) {
  switch (what) {
    case event::kind::opened: return "opened";
    case event::kind::message: return "message";
    case event::kind::heartbeat: return "heartbeat";
    case event::kind::upgrading: return "upgrading";
    case event::kind::upgraded: return "upgraded";
    case event::kind::drained: return "drained";
    case event::kind::closed: return "closed";
  }
  return "?";
}

}  // namespace

session_script::session_script(options with, transport first, bool text_only, revision spoken)
    : options_(std::make_unique<options>(std::move(with))) {
  websocket_alive_ = first == transport::websocket;
  session_ = std::make_unique<engine::session>(*options_, "sid-of-twenty-chars!", first, text_only,
                                               now_, spoken);
  drain();
}

session_script session_script::polling_open(options with) {
  session_script script(std::move(with));
  script.get().forget_output();
  return script;
}

session_script session_script::upgraded(options with) {
  session_script script(std::move(with));
  script.get().candidate().candidate_says("2probe").candidate_says("5").forget_output();
  return script;
}

// ---- polling

session_script& session_script::get(place where) {
  step();
  if (session_->on_poll(now_) != session::verdict::accepted) fail(where, "the GET was refused");
  drain();
  return *this;
}

session_script& session_script::get_refused(place where) {
  step();
  if (session_->on_poll(now_) != session::verdict::refused) fail(where, "the GET was accepted");
  drain();
  return *this;
}

session_script& session_script::abort_get() {
  step();
  session_->on_poll_aborted(now_);
  drain();
  return *this;
}

session_script& session_script::post(std::string_view body, place where) {
  begin_post(where);
  return finish_post(body);
}

session_script& session_script::post_binary(std::string_view body, place where) {
  begin_post(where);
  step();
  reading_post_ = false;
  const auto copy = std::make_unique<std::string>(body);
  session_->on_data(*copy, now_, message_kind::binary);
  drain();
  return *this;
}

session_script& session_script::begin_post(place where) {
  step();
  if (session_->on_data_begin(now_) != session::verdict::accepted)
    fail(where, "the POST was refused");
  reading_post_ = true;
  drain();
  return *this;
}

session_script& session_script::begin_post_refused(place where) {
  step();
  if (session_->on_data_begin(now_) != session::verdict::refused)
    fail(where, "the POST was accepted");
  drain();
  return *this;
}

session_script& session_script::finish_post(std::string_view body) {
  step();
  reading_post_ = false;
  bodies_.push_back(
      std::make_unique<std::string>(body));  // kept apart, so that ASan sees stale views
  session_->on_data(*bodies_.back(), now_);
  drain();
  bodies_.clear();
  return *this;
}

session_script& session_script::abort_post() {
  step();
  reading_post_ = false;
  session_->on_data_aborted(now_);
  drain();
  return *this;
}

session_script& session_script::post_too_big(place where) {
  begin_post(where);
  step();
  reading_post_ = false;
  session_->on_data_refused(now_);
  drain();
  return *this;
}

session_script& session_script::post_binary_type(place where) {
  begin_post(where);
  step();
  reading_post_ = false;
  session_->on_bad_content_type(now_);
  drain();
  return *this;
}

session_script& session_script::expect_response(std::string_view body, place where) {
  compare(take(responses_, "response to a GET", where), body, where);
  return *this;
}

session_script& session_script::expect_binary_response(std::string_view body, place where) {
  return expect_response(binary(body), where);
}

session_script& session_script::expect_response_with(std::string_view prefix, place where) {
  compare_prefix(take(responses_, "response to a GET", where), prefix, where);
  return *this;
}

session_script& session_script::expect_post_cut(place where) {
  expect_flag(post_cut_, "the POST was not cut", where);
  return *this;
}

// ---- websocket

session_script& session_script::receive(std::string_view text) {
  step();
  const auto copy = std::make_unique<std::string>(text);
  session_->on_message(message_kind::text, *copy, now_);
  drain();
  return *this;
}

session_script& session_script::receive_binary(std::string_view bytes) {
  step();
  const auto copy = std::make_unique<std::string>(bytes);
  session_->on_message(message_kind::binary, *copy, now_);
  drain();
  return *this;
}

session_script& session_script::hang_up() {
  step();
  websocket_alive_ = false;
  session_->on_websocket_closed(reason::transport_close, cause::connection_lost, "gone", now_);
  drain();
  return *this;
}

session_script& session_script::read_on() {
  reads_ = true;
  drain();
  return *this;
}

session_script& session_script::expect_packet(std::string_view text, place where) {
  compare(take(packets_, "packet over WebSocket", where), text, where);
  return *this;
}

session_script& session_script::expect_packet_with(std::string_view prefix, place where) {
  compare_prefix(take(packets_, "packet over WebSocket", where), prefix, where);
  return *this;
}

session_script& session_script::expect_binary(std::string_view bytes, place where) {
  return expect_packet(binary(bytes), where);
}

session_script& session_script::expect_websocket_closed(place where) {
  expect_flag(websocket_closed_, "the WebSocket was not closed", where);
  return *this;
}

// ---- candidate

session_script& session_script::candidate(bool text_only, place where) {
  step();
  if (session_->on_candidate(now_, text_only) != session::verdict::accepted) {
    fail(where, "the candidate was refused");
  }
  candidate_alive_ = true;
  drain();
  return *this;
}

session_script& session_script::candidate_refused(place where) {
  step();
  if (session_->on_candidate(now_) != session::verdict::refused) {
    fail(where, "the candidate was accepted");
  }
  drain();
  return *this;
}

session_script& session_script::candidate_says(std::string_view text) {
  step();
  session_->on_candidate_message(message_kind::text, text, now_);
  drain();
  return *this;
}

session_script& session_script::candidate_says_binary(std::string_view bytes) {
  step();
  session_->on_candidate_message(message_kind::binary, bytes, now_);
  drain();
  return *this;
}

session_script& session_script::candidate_gone() {
  step();
  candidate_alive_ = false;
  session_->on_candidate_closed(now_);
  drain();
  return *this;
}

session_script& session_script::expect_probe_reply(place where) {
  expect_flag(probe_reply_, "no 3probe was sent", where);
  return *this;
}

session_script& session_script::expect_promoted(place where) {
  expect_flag(promoted_, "the candidate was not promoted", where);
  return *this;
}

session_script& session_script::expect_candidate_closed(place where) {
  expect_flag(candidate_closed_, "the candidate was not closed", where);
  return *this;
}

// ---- application

session_script& session_script::send(std::string_view message, wire::frame_class kind) {
  return send_with_attachments(message, {}, kind);
}

session_script& session_script::send_with_attachments(std::string_view message,
                                                      std::vector<std::string> attachments,
                                                      wire::frame_class kind) {
  step();
  std::vector<wire::frame> group{wire::frame::text({"4", message}, kind)};
  for (const auto& bytes : attachments) group.push_back(wire::frame::binary(bytes, kind));
  outcome_ = session_->send(group, now_);
  drain();
  return *this;
}

session_script& session_script::expect_outcome(send_queue::outcome outcome, place where) {
  if (outcome_ != outcome) fail(where, "another outcome of send()");
  return *this;
}

session_script& session_script::close(reason why) {
  step();
  session_->close(why, cause::connection_close, "", false, now_);
  drain();
  return *this;
}

session_script& session_script::discard(reason why) {
  step();
  session_->close(why, cause::server_close, "", true, now_);
  drain();
  return *this;
}

session_script& session_script::on_next_message(std::function<void(session_script&)> what) {
  on_message_ = std::move(what);
  return *this;
}

session_script& session_script::expect_message(std::string_view data, place where) {
  compare(take(messages_, "message", where), data, where);
  return *this;
}

session_script& session_script::expect_binary_message(std::string_view data, place where) {
  return expect_message(binary(data), where);
}

session_script& session_script::expect_event(event::kind what, place where) {
  if (events_.empty() || events_.front() != what) {
    fail(where, "expected the event " + std::string(name_of(what)));
  } else {
    events_.pop_front();
  }
  return *this;
}

session_script& session_script::expect_drained(place where) {
  expect_flag(drained_, "the queue was not drained", where);
  return *this;
}

session_script& session_script::expect_closed(reason why, cause what, place where) {
  expect_event(event::kind::closed, where);
  const disconnect_reason& got = session_->why();
  if (got.why != why) fail(where, "closed with: " + std::string(got.text()));
  if (got.what != what) fail(where, "closed because of: " + std::string(to_string(got.what)));
  return *this;
}

session_script& session_script::expect_closed_with(std::string_view part, place where) {
  if (session_->why().detail.find(part) == std::string::npos) {
    fail(where, "the detail is: " + session_->why().detail);
  }
  return *this;
}

// ---- time and state

session_script& session_script::wait(duration time) {
  step();
  const time_point until = now_ + time;
  while (const auto next = session_->next_timeout()) {
    if (*next > until) break;
    now_ = std::max(now_, *next);
    session_->on_timeout(now_);
    drain();
  }
  now_ = until;
  session_->on_timeout(now_);  // a timer too many is harmless
  drain();
  return *this;
}

session_script& session_script::expect_state(session::state state, place where) {
  if (session_->current() != state) {
    fail(where, "the state is " + std::to_string(static_cast<int>(session_->current())));
  }
  return *this;
}

session_script& session_script::expect_transport(transport kind, place where) {
  if (session_->current_transport() != kind) fail(where, "another transport");
  return *this;
}

session_script& session_script::expect_writable(bool writable, place where) {
  if (session_->writable() != writable) fail(where, writable ? "not writable" : "writable");
  return *this;
}

session_script& session_script::expect_nothing(place where) {
  const bool silent = responses_.empty() && messages_.empty() && packets_.empty() &&
                      events_.empty() && !post_cut_ && !probe_reply_ && !promoted_ &&
                      !candidate_closed_ && !websocket_closed_;
  if (!silent) fail(where, "something was not expected");
  return *this;
}

session_script& session_script::expect_no_state_left(place where) {
  if (closed_events_ != 1)
    fail(where, "closed was told " + std::to_string(closed_events_) + " times");
  if (session_->current() != session::state::closed) fail(where, "not closed");
  if (session_->next_timeout()) fail(where, "a timer is left");
  if (session_->poll_event() || session_->poll_action()) fail(where, "something is left to drain");
  if (session_->poll_pending() || session_->upgrading()) fail(where, "a request is left");
  if (candidate_alive_ || websocket_alive_) fail(where, "a WebSocket was not told to close");
  if (reading_post_) fail(where, "a POST was not cut");
  return *this;
}

session_script& session_script::forget_output() {
  responses_.clear(), messages_.clear(), packets_.clear(), events_.clear();
  post_cut_ = probe_reply_ = promoted_ = candidate_closed_ = websocket_closed_ = false;
  return *this;
}

void session_script::lose_everything() {
  steps_until_death_ = -1;
  if (session_->poll_pending()) abort_get();
  if (reading_post_) abort_post();
  if (candidate_alive_) candidate_gone();
  if (websocket_alive_) hang_up();
  wait(10s);  // whoever polls and has no request under way is missed by its heartbeat
}

void session_script::end(place where) {
  if (!session_ || ::testing::Test::HasFailure()) return;
  if (std::uncaught_exceptions() == 0) expect_nothing(where);
  session_.reset();
}

void session_script::step() {
  if (steps_until_death_ < 0 || draining_) return;
  if (steps_until_death_-- == 0) throw peer_died();
}

// What the driver does after every feed and command.
void session_script::drain() {
  if (draining_) return;
  draining_ = true;
  for (;;) {
    if (const auto what = session_->poll_event()) {
      note(*what);
    } else if (const auto next = session_->poll_action()) {
      perform(*next);
    } else if (websocket_alive_ && reads_ && !session_->outgoing().empty()) {
      write_out();
    } else {
      break;
    }
  }
  draining_ = false;
}

void session_script::note(const event& what) {
  EXPECT_EQ(closed_events_, 0) << "nothing may follow closed" << describe();
  if (what.what == event::kind::closed) ++closed_events_;
  if (what.what == event::kind::opened) return;
  if (what.what == event::kind::drained) return void(drained_ = true);
  if (what.what != event::kind::message) return events_.push_back(what.what);
  messages_.push_back(what.format == message_kind::binary ? binary(what.data)
                                                          : std::string(what.data));
  if (auto reaction = std::exchange(on_message_, nullptr)) reaction(*this);
}

void session_script::perform(action what) {
  switch (what) {
    case action::answer_poll: {
      std::string body;
      const bool is_binary = session_->take_poll_payload(body).format == message_kind::binary;
      responses_.push_back(is_binary ? binary(body) : std::move(body));
      break;
    }
    case action::abort_data:
      EXPECT_TRUE(reading_post_) << "no POST is being read" << describe();
      reading_post_ = false;
      post_cut_ = true;
      break;
    case action::send_probe_reply: probe_reply_ = true; break;
    case action::promote_candidate:
      promoted_ = true;
      candidate_alive_ = false;
      websocket_alive_ = true;
      break;
    case action::close_candidate:
      candidate_closed_ = true;
      candidate_alive_ = false;
      break;
    case action::close_websocket:
      if (reads_ && !session_->outgoing().empty()) write_out();
      websocket_closed_ = true;
      websocket_alive_ = false;
      break;
  }
}

// Writes all that is queued, in pieces as odd as a kernel's.
void session_script::write_out() {
  std::string wire;
  std::array<iovec, 3> pieces;
  while (const std::size_t count = session_->outgoing().gather(pieces)) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count; ++i) {
      wire.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      taken += pieces[i].iov_len;
    }
    const std::size_t kept_back = taken > 7 ? 5 : 0;
    wire.resize(wire.size() - kept_back);
    session_->outgoing().consume(taken - kept_back);
  }
  std::string_view rest = wire;
  while (!rest.empty()) packets_.push_back(take_frame(rest));
  session_->on_flushed(now_);
}

std::string session_script::describe() const {
  std::string text = "\nnot yet expected:";
  for (const auto& body : responses_) text += "\n  response " + body;
  for (const auto& data : messages_) text += "\n  message " + data;
  for (const auto& packet : packets_) text += "\n  packet " + packet;
  for (const auto what : events_) text += "\n  event " + std::string(name_of(what));
  if (post_cut_) text += "\n  the POST was cut";
  if (probe_reply_) text += "\n  3probe";
  if (promoted_) text += "\n  the candidate was promoted";
  if (candidate_closed_) text += "\n  the candidate was closed";
  if (websocket_closed_) text += "\n  the WebSocket was closed";
  return text;
}

std::string session_script::take(std::deque<std::string>& from, const char* what, place where) {
  if (from.empty()) {
    fail(where, "there is no " + std::string(what));
    return {};
  }
  std::string first = std::move(from.front());
  from.pop_front();
  return first;
}

void session_script::compare(const std::string& got, std::string_view wanted, place where) const {
  if (got != wanted) fail(where, "expected " + std::string(wanted) + ", got " + got);
}

void session_script::compare_prefix(const std::string& got, std::string_view wanted,
                                    place where) const {
  if (!got.starts_with(wanted)) fail(where, "expected " + std::string(wanted) + "..., got " + got);
}

void session_script::expect_flag(bool& flag, const char* what, place where) {
  if (!std::exchange(flag, false)) fail(where, what);
}

}  // namespace socketio::engine::testing
