// The writing side of websocket_connection.
//
// Three things are written, and each only at the boundary of a frame of the others: `output`
// (frames of our own), the attached queue, and behind a graceful close the rest of the queue and
// the close frame.
#include "net/websocket_connection.hpp"
#include "net/websocket_extras.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <limits>
#include <sys/uio.h>
#include <utility>

namespace socketio::net {
namespace {

constexpr std::size_t pieces_max = 64;
// How many gather writes one connection gets per turn.
constexpr int writes_per_turn_max = 16;
// Frames of our own answer frames of the peer: whoever provokes so many without reading them is
// cut.
constexpr std::size_t output_bytes_max = 64 * 1024;

}  // namespace

inline bool websocket_connection::has_output() const noexcept {
  if (queue_ && !queue_->empty()) return true;
  return extras_ && (!extras_->output.empty() || extras_->pong || extras_->rest ||
                     !extras_->output_after_rest.empty());
}

void websocket_connection::flush_later() {
  if (dirty || stage_ == stage::closed || blocked_) return;
  assert(!kept_ || stream_.is_kept());
  if (kept_) return shard().mark_dirty(*this, queue_);
  shard().mark_dirty(shared_from_this());
}

// What it finds wrong is noticed by the flush that follows.
void websocket_connection::write_now() {
  if (stage_ != stage::open || blocked_ || write_failed_) return;
  write();
  flush_later();
}

void websocket_connection::send_text(std::string_view text) {
  if (stage_ != stage::open) return;
  wire::append_ws_frame(wire::ws_opcode::text, text, more().output);
  const std::size_t ours = more().output.size() - more().written;
  if (ours > output_bytes_max + more().detached) return on_slow_control();
  flush_later();
}

// The sink is told when the turn ends, not inside send_text().
void websocket_connection::on_slow_control() {
  shard().post([self = shared_from_this()] {
    if (self->stage_ == stage::closed) return;
    self->end();
    self->tell_closed(
        reason::transport_error, cause::slow_consumer,
        "more than " + std::to_string(output_bytes_max) + " bytes of answers are not read");
  });
}

void websocket_connection::set_queue(engine::send_queue* queue) {
  if (queue == queue_ || stage_ != stage::open) return;
  detach_queue();
  queue_ = queue;
  if (queue_ && !queue_->empty()) flush_later();
}

// A frame that is partly written must be finished, also when its queue goes away: its rest is
// copied in front of whatever we have to say.
void websocket_connection::detach_queue() {
  engine::send_queue* const queue = std::exchange(queue_, nullptr);
  if (!queue || !queue->inside_frame()) return;
  std::array<iovec, pieces_max> pieces;
  const std::size_t count = queue->gather(pieces, true);
  std::string rest;
  for (std::size_t i = 0; i < count; ++i)
    rest.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  more().output.insert(0, rest);
  more().detached = rest.size();
}

void websocket_connection::take_over_queue() {
  engine::send_queue* const queue = std::exchange(queue_, nullptr);
  if (queue && !queue->empty()) more().rest = std::exchange(*queue, engine::send_queue{});
}

void websocket_connection::on_writable() {
  blocked_ = false;
  flush();
}

void websocket_connection::flush() {
  if (stage_ == stage::closed) return;
  if (!blocked_ && !write_failed_) {
    const bool had_frames = tells_flushed_ && queue_ && !queue_->empty();
    if (!write()) {
      // What the peer said before it went away is still to be heard; its end is noticed by reading.
      write_failed_ = true;
      detach_queue();
      if (stage_ == stage::open) more().output.clear();
      read(std::numeric_limits<int>::max());
      if (stage_ != stage::closed) lost(EPIPE);
      return;
    }
    if (had_frames && queue_ && queue_->empty() && sink_) sink_->on_websocket_flushed();
    if (stage_ == stage::closed) return;
    if (stage_ != stage::open && !has_output()) after_output();
  }
  if (stage_ == stage::open && extras_ && !extras_->input.empty() && !reading_ &&
      pace_ != pace::paused) {
    take_backlog();  // what came with the handshake
  }
  drop_extras_if_idle();
  watch();
}

// Everything is written: the states of closing move on.
void websocket_connection::after_output() {
  if (stage_ != stage::answering && stage_ != stage::failing) return;
  if (!stream_.say_goodbye()) return wait_until_writable();
  if (stage_ == stage::answering) return end();
  stream_.shut_down_writing();
}

// False when the connection does not take anything any more.
bool websocket_connection::write() {
  if (!extras_ && queue_ && !queue_->single().empty()) return write_single();
  for (int i = 0; i < writes_per_turn_max; ++i) {
    prepare_pong();
    std::array<iovec, pieces_max> pieces;
    const std::size_t count = gather(pieces);
    if (count == 0) return true;
    std::size_t offered = 0;
    for (std::size_t k = 0; k < count; ++k) offered += pieces[k].iov_len;
    const auto put = stream_.write_some({pieces.data(), count});
    if (put.error && !put.would_block()) return false;
    consume(put.bytes);
    if (put.bytes < offered) {
      wait_until_writable();
      return true;
    }
    if (!has_output()) return true;
  }
  if (has_output()) flush_later();
  return true;
}

// The same for what nearly always is to be written: one frame, and the kernel takes all of it.
bool websocket_connection::write_single() {
  const std::string_view frame = queue_->single();
  const auto put = stream_.write_some(frame);
  if (put.bytes == frame.size()) {
    queue_->consume_single();
    return true;
  }
  if (put.error && !put.would_block()) return false;
  queue_->consume(put.bytes);
  wait_until_writable();
  return true;
}

void websocket_connection::wait_until_writable() {
  blocked_ = kept_ = true;
  stream_.wait_writable(*this);
}

void websocket_connection::prepare_pong() {
  if (!extras_ || !extras_->pong || !extras_->output.empty()) return;
  wire::append_ws_frame(wire::ws_opcode::pong, *extras_->pong, extras_->output);
  extras_->pong.reset();
}

// In the order of the wire: the rest of a frame, our own frames, the queue; or the rest of a closed
// queue and the close frame behind it.
std::size_t websocket_connection::gather(std::span<iovec> out) const noexcept {
  if (!extras_) return queue_ ? queue_->gather(out) : 0;  // nearly always
  std::size_t count = 0;
  const auto own = [&out, &count](const std::string& bytes, std::size_t skip) {
    if (bytes.size() > skip && count < out.size()) {
      out[count++] = {const_cast<char*>(bytes.data()) + skip, bytes.size() - skip};
    }
  };
  const engine::send_queue* const queue = extras_->rest ? &*extras_->rest : queue_;
  const bool own_first = !extras_->output.empty();
  if (own_first && queue && queue->inside_frame()) {
    count = queue->gather(out, true);
    own(extras_->output, extras_->written);
    return count;  // the frames behind the interrupted one come with the next write
  }
  if (own_first) own(extras_->output, extras_->written);
  if (queue) count += queue->gather(out.subspan(count));
  const bool all = count < out.size();
  if (all && extras_->rest) own(extras_->output_after_rest, 0);
  return count;
}

// The counterpart of gather(), in the same order.
void websocket_connection::consume(std::size_t bytes) noexcept {
  if (!extras_) return queue_->consume(bytes);
  engine::send_queue* const queue = extras_->rest ? &*extras_->rest : queue_;
  if (!extras_->output.empty()) {
    if (queue && queue->inside_frame()) {
      std::array<iovec, pieces_max> pieces;
      std::size_t interrupted = 0;
      for (std::size_t i = queue->gather(pieces, true); i-- > 0;) interrupted += pieces[i].iov_len;
      interrupted = std::min(interrupted, bytes);
      queue->consume(interrupted);
      bytes -= interrupted;
    }
    bytes -= extras_->consume_output(bytes);
  }
  if (!queue) return;
  const std::size_t queued = std::min(queue->bytes(), bytes);
  queue->consume(queued);
  if (extras_->rest && extras_->rest->empty()) {
    extras_->rest.reset();
    extras_->output = std::exchange(extras_->output_after_rest, {});
    extras_->consume_output(bytes - queued);
  }
}

}  // namespace socketio::net
