// HTTP long-polling: at most one GET waits and at most one POST is read (HS-13 to HS-23).
// Tested by tests/unit/engine/session_polling_test.cpp.
#include "engine/session.hpp"

#include <cassert>
#include <limits>

namespace socketio::engine {
namespace {

// One response carries this much at most (but at least one packet); the rest waits for the next
// GET, which follows at once. JS differs: engine.io 6.6.11, build/transports/polling.js, sends
// whatever is buffered as one body.
constexpr std::size_t payload_bytes_max = 1'000'000;

}  // namespace

session::verdict session::on_poll(time_point now) {
  now_ = now;
  if (state_ == state::closed || transport_ != transport::polling) return verdict::refused;
  if (poll_pending_) {
    fail(reason::transport_error, cause::overlapping_poll,
         "a second GET arrived while one was pending");
    return verdict::refused;
  }
  poll_pending_ = true;
  if (state_ == state::closing && queue_.empty()) {
    farewell_ = farewell::noop_and_close;
    finish();
  }
  return verdict::accepted;
}

void session::on_poll_aborted(time_point now) {
  now_ = now;
  if (!poll_pending_) return;
  poll_pending_ = false;
  fail(reason::transport_error, cause::poll_aborted, "the client gave up its pending GET");
}

session::verdict session::on_data_begin(time_point now) {
  now_ = now;
  if (state_ == state::closed || transport_ != transport::polling) return verdict::refused;
  if (reading_data_ || input_kind_ == input::payload) {
    fail(reason::transport_error, cause::overlapping_data,
         "a second POST arrived while one was being read");
    return verdict::refused;
  }
  reading_data_ = true;
  return verdict::accepted;
}

void session::on_data(std::string_view body, time_point now, message_kind format) {
  now_ = now;
  withdraw(action::abort_data);
  if (!reading_data_) return;
  reading_data_ = false;
  if (state_ == state::closed) return;
  begin_input(input::payload, format, body);
}

void session::on_data_refused(time_point now) {
  now_ = now;
  withdraw(action::abort_data);
  reading_data_ = false;
}

void session::on_data_aborted(time_point now) {
  now_ = now;
  withdraw(action::abort_data);
  if (!reading_data_) return;
  reading_data_ = false;
  fail(reason::transport_error, cause::data_aborted, "the client gave up a POST before its end");
}

void session::on_bad_content_type(time_point now) {
  now_ = now;
  withdraw(action::abort_data);
  if (!reading_data_) return;
  reading_data_ = false;
  fail(reason::transport_error, cause::bad_content_type,
       "a POST of application/octet-stream; revision 4 sends text");
}

// Is there something to tell the pending GET?
// JS differs: engine.io 6.6.11, build/socket.js, lets a GET wait for up to 100 ms after the probe
// of an upgrade; here it and every later one is released at once, so that the client can go on with
// its upgrade (Q-13, WS-10).
bool session::must_answer_poll() const noexcept {
  if (!poll_pending_) return false;
  return !queue_.empty() || farewell_ != farewell::none || candidate_ == candidate::probed ||
         state_ == state::closed;
}

poll_payload session::take_poll_payload(std::string& body) {
  assert(poll_pending_);
  poll_pending_ = false;
  using wire::payload_format;
  auto format = payload_format::revision_4;
  if (revision_ == revision::three) {
    format = binary_ == binary_form::typed && queue_.has_binary()
                 ? payload_format::revision_3_binary
                 : payload_format::revision_3_text;
  }
  bool compressed = false;
  const auto append = [&](std::string_view packet) {
    wire::append_record(format, packet, /*binary=*/false, body);
  };
  // After the switch the queue belongs to the WebSocket (WS-15).
  if (transport_ == transport::polling && !queue_.empty()) {
    const bool last = state_ == state::closed;
    queue_.take_payload(body, last ? std::numeric_limits<std::size_t>::max() : payload_bytes_max,
                        format, &compressed);
    if (!last && queue_.empty()) raise(event::kind::drained);
  }
  switch (std::exchange(farewell_, farewell::none)) {
    case farewell::none:
      if (body.empty()) append("6");
      break;
    case farewell::close: append("1"); break;
    case farewell::noop_and_close:
      append("6");
      append("1");
      break;
  }
  const bool binary = format == payload_format::revision_3_binary;
  return {binary ? message_kind::binary : message_kind::text, compressed};
}

}  // namespace socketio::engine
