// The reading side of websocket_connection: frames, what is left of them, and pauses.
#include "net/websocket_connection.hpp"
#include "net/websocket_extras.hpp"

#include <algorithm>
#include <utility>

namespace socketio::net {
namespace {

// How often a busy connection is read per turn before others get their chance.
constexpr int reads_per_turn_max = 4;
// So many bytes of what was compressed count as one of the messages of a turn: of a megabyte there
// is one in a turn.
constexpr std::size_t inflated_piece = 4 * 1024;
// What is thrown away of a peer that broke the protocol, in the hope that it reads our close frame.
constexpr std::size_t discarded_bytes_max = 16 * 1024 * 1024;

}  // namespace

void websocket_connection::watch() {
  if (reading_ || pace_ == pace::paused || stage_ == stage::closed || stage_ == stage::answering)
    return;
  reading_ = kept_ = true;
  stream_.wait_readable(*this);
}

void websocket_connection::on_readable() {
  reading_ = false;
  if (pace_ == pace::backlog && extras_->full_at == shard().now())
    stream_.read_again();  // what has just arrived does not make it another turn
  else if (stage_ != stage::closed)
    read(messages_per_turn_max);
  drop_extras_if_idle();
  watch();
}

void websocket_connection::read(int messages) {
  // What arrived before the pause is still there behind it, and the kernel does not say so again.
  if (pace_ == pace::paused) return stream_.read_again();
  if (pace_ == pace::backlog) decode_input(messages);
  for (int i = 0; i < reads_per_turn_max && pace_ == pace::free; ++i) {
    const bool reads_on =
        stage_ == stage::open || stage_ == stage::closing || stage_ == stage::failing;
    if (!reads_on) return;
    const auto buffer = shard().receive_buffer();
    const auto got = stream_.read_some(buffer);
    if (got.would_block()) return;
    if (got.error || got.bytes == 0) return lost(got.error);
    if (stage_ == stage::failing) {
      more().discarded += got.bytes;
      if (more().discarded > discarded_bytes_max) return end();
    } else if (extras_ && !extras_->input.empty()) {
      extras_->input.append(buffer.data(), got.bytes);
      decode_input(messages);
    } else {
      const std::span<char> rest = decode(buffer.first(got.bytes), messages);
      if (!rest.empty()) keep_rest(rest, messages);
    }
    if (got.bytes < buffer.size()) break;  // a short read has emptied the socket
  }
  if (pace_ == pace::backlog) stream_.read_again();
}

// Handles every complete frame, as far as the messages of the turn go and nothing pauses it, and
// returns what remains. What was compressed may have become a thousand times as much: it counts for
// as many messages as it has pieces.
std::span<char> websocket_connection::decode(std::span<char> bytes, int& messages) {
  while (stage_ == stage::open || stage_ == stage::closing) {
    if (messages == 0 || pace_ == pace::paused) return bytes;
    const wire::ws_event event = decoder_.feed(bytes);
    if (event.what == wire::ws_event::kind::need_more) return bytes;
    --messages;
    on_event(event);
    if (event.inflating) [[unlikely]]
      messages -= static_cast<int>(
          std::min(event.data.size() / inflated_piece, static_cast<std::size_t>(messages)));
  }
  return {};
}

// The input is taken out while it is decoded, because whoever gets a message may end this
// connection. What is left of a backlog, and a frame that is still incomplete, go back without
// being copied: a message of a hundred megabytes comes in thousands of pieces.
void websocket_connection::decode_input(int& messages) {
  pace_ = pace::free;
  std::string input = std::exchange(extras_->input, {});
  const std::size_t begin = std::exchange(extras_->input_begin, 0);
  const std::span<char> rest = decode(std::span(input).subspan(begin), messages);
  if (rest.empty()) return;
  const std::size_t used = input.size() - rest.size();
  const bool goes_on_later = messages == 0 || pace_ == pace::paused;
  if (!goes_on_later && used > 0) return keep_incomplete(rest);
  if (goes_on_later) begin_backlog();
  extras_->input = std::move(input);
  extras_->input_begin = used;
}

// What came with the handshake, or before a pause.
void websocket_connection::take_backlog() {
  int messages = messages_per_turn_max;
  decode_input(messages);
  if (pace_ == pace::backlog) stream_.read_again();
}

void websocket_connection::keep_rest(std::span<const char> rest, int messages) {
  if (messages > 0 && pace_ != pace::paused) return keep_incomplete(rest);
  more().input.assign(rest.data(), rest.size());
  begin_backlog();
}

void websocket_connection::begin_backlog() {
  if (pace_ == pace::paused) return;  // resume_reading() goes on with it
  pace_ = pace::backlog;
  extras_->full_at = shard().now();
}

void websocket_connection::keep_incomplete(std::span<const char> rest) {
  if (rest.empty()) return;
  // The announced size is believed only as far as bytes have arrived: a header alone must not
  // reserve a megabyte.
  std::string& input = more().input;
  const std::size_t announced = wire::ws_decoder::frame_bytes(rest);
  input.reserve(std::max(rest.size(), std::min(rest.size() + announced, 2 * rest.size() + 4096)));
  input.assign(rest.data(), rest.size());
}

void websocket_connection::on_event(const wire::ws_event& event) {
  switch (event.what) {
    case wire::ws_event::kind::need_more: break;
    case wire::ws_event::kind::message:
      if (stage_ == stage::open && sink_) sink_->on_websocket_message(event.binary, event.data);
      break;
    case wire::ws_event::kind::ping:
      // Only the last ping is answered when the peer does not read (RFC 6455, section 5.5.3).
      if (stage_ != stage::open) break;
      more().pong = std::string(event.data);
      flush_later();
      break;
    case wire::ws_event::kind::pong: break;
    case wire::ws_event::kind::close: on_peer_close(event); break;
    case wire::ws_event::kind::failed: on_violation(event); break;
  }
}

// The kernel's buffer fills, and then the peer has to wait too.
void websocket_connection::pause_reading(time_point until) {
  if (stage_ != stage::open) return;
  if (!more().pause) more().pause = std::make_unique<extras::pause_timer>(*this);
  extras::pause_timer& pause = *extras_->pause;
  if (pace_ == pace::paused && pause.deadline() >= until) return;
  pace_ = pace::paused;
  shard().timers().arm(pause, until);
}

void websocket_connection::resume_reading() {
  pace_ = pace::free;
  extras_->pause.reset();
  if (stage_ == stage::open && !extras_->input.empty()) take_backlog();
  drop_extras_if_idle();
  watch();
}

}  // namespace socketio::net
