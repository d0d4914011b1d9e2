// The writing side of a websocket.
//
// Two buffers: `output` is offered to the connection and must not move until all of it is taken,
// `next` takes what is sent meanwhile. They change places at the boundary of a frame.
#include "dial/websocket_inside.hpp"
#include "wire/permessage_deflate.hpp"
#include "wire/ws_client.hpp"

#include <utility>

namespace socketio::dial {
namespace {

constexpr int writes_per_turn_max = 16;
// What an empty buffer may keep for the next turn.
constexpr std::size_t kept_bytes_max = 64 * 1024;

void empty(std::string& buffer) {
  if (buffer.capacity() > kept_bytes_max)
    std::string().swap(buffer);
  else
    buffer.clear();
}

}  // namespace

void websocket::send(const wire::frame& packet) {
  inside& of = *inside_;
  if (of.now != inside::stage::open) return;
  wire::permessage_deflate* const deflate = of.decoder->extension();
  wire::append_masked_frame(deflate ? deflate->deflate(packet, of.on.now()) : packet,
                            of.masks.next(), of.next);
  of.tells_drained = true;
  of.on.mark_dirty(of);
}

void websocket::send_text(std::string_view text) {
  inside& of = *inside_;
  if (of.now != inside::stage::open) return;
  wire::append_masked_frame(wire::ws_opcode::text, text, false, of.masks.next(), of.next);
  of.tells_drained = true;
  of.on.mark_dirty(of);
}

void websocket::ping(std::string_view data) {
  inside& of = *inside_;
  if (of.now != inside::stage::open) return;
  wire::append_masked_frame(wire::ws_opcode::ping, data, false, of.masks.next(), of.next);
  of.on.mark_dirty(of);
}

std::size_t websocket::queued_bytes() const noexcept {
  const inside& of = *inside_;
  if (of.now != inside::stage::open) return 0;
  return of.output.size() - of.written + of.next.size();
}

void websocket::inside::flush() {
  const auto self = shared_from_this();
  if (now == stage::connecting || now == stage::over) return;
  if (!blocked) write();
  if (now != stage::over && (backlog || more_inside)) read();
}

// What the peer said before it went away is still to be heard: its end is noticed by reading.
void websocket::inside::write() {
  using enum line::moved::outcome;
  for (int i = 0; i < writes_per_turn_max && !write_failed; ++i) {
    if (output.empty()) {
      if (pong) wire::append_masked_frame(wire::ws_opcode::pong, *pong, false, masks.next(), next);
      pong.reset();
      if (next.empty()) return drained();
      output.swap(next);
    }
    const line::moved put = connection.send(std::string_view(output).substr(written));
    if (put.what == failed) {
      write_failed = true;
      break;
    }
    if (put.what == again) {
      blocked = true;
      return connection.want(true, true);
    }
    written += put.bytes;
    if (written < output.size()) continue;
    written = 0;
    empty(output);
  }
  if (!write_failed) return on.mark_dirty(*this);
  empty(output);
  empty(next);
  written = 0;
  full_turn = 0;
  read();
}

void websocket::inside::drained() {
  if (std::exchange(tells_drained, false) && now == stage::open && sink)
    sink->on_websocket_drained();
}

}  // namespace socketio::dial
