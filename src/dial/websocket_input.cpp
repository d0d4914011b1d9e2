// The reading side of a websocket: frames, and what is left of them.
//
// Frames are decoded in the reactor's receive buffer; only an incomplete one is copied aside, and
// what stands behind the messages that one turn may hand out: nothing more is read until the next
// turns have handed out that.
#include "dial/websocket_inside.hpp"
#include "wire/ws_client.hpp"

#include <algorithm>
#include <utility>

namespace socketio::dial {
namespace {

constexpr int messages_per_turn_max = 256;
// So many bytes of what was compressed count as one of them.
constexpr std::size_t inflated_piece = 4 * 1024;
// How often a busy connection is read per turn. What is sealed comes in records of 16 KiB.
constexpr int reads_per_turn_max = 4;
constexpr int sealed_reads_per_turn_max = 16;

std::string detail_of(const wire::ws_event& event) {
  const std::string limit = std::to_string(event.limit), got = std::to_string(event.got);
  if (event.limit == 0) return std::string(event.data);
  if (event.code != static_cast<std::uint16_t>(wire::ws_close_code::message_too_big))
    return "message of " + got + " fragments, the limit is " + limit;
  if (event.inflating) return "message that inflates to more than " + limit + " bytes";
  return "message of " + got + " bytes, the limit is " + limit;
}

}  // namespace

// The next turn goes on, whatever the kernel says by then, and timers wait for it.
void websocket::inside::read_on_later() {
  on.still_unread();
  on.mark_dirty(*this);
}

void websocket::inside::read() {
  if (full_turn == on.turn()) return read_on_later();
  more_inside = false;
  int messages = messages_per_turn_max;
  if (backlog) decode_input(messages);
  const int reads = connection.sealed() ? sealed_reads_per_turn_max : reads_per_turn_max;
  for (int i = 0; i < reads && now != stage::over && !backlog; ++i) {
    const std::span<char> buffer = on.receive_buffer();
    const line::moved got = connection.receive(buffer);
    using enum line::moved::outcome;
    if (got.what == again && !write_failed) return;
    if (got.what != some) return lost(got.why);
    take(buffer.first(got.bytes), messages);
    if (now == stage::over) return;
    if (!connection.sealed() && got.bytes < buffer.size()) break;  // it has emptied the socket
    if (i + 1 == reads) more_inside = true;
  }
  if (now == stage::over || (!backlog && !more_inside)) return;
  full_turn = on.turn();
  read_on_later();
}

void websocket::inside::take(std::span<char> bytes, int& messages) {
  if (now == stage::leaving) return;
  if (!input.empty() || now == stage::shaking) {
    input.append(bytes.data(), bytes.size());
    if (now == stage::shaking) input.erase(0, take_head(input));
    if (now == stage::open) decode_input(messages);
    return;
  }
  const std::span<char> rest = decode(bytes, messages);
  if (!rest.empty()) keep(rest, messages == 0);
}

// Hands out every complete message, as far as the turn goes, and returns what remains. What was
// compressed may have become a thousand times as much: it counts as many messages.
std::span<char> websocket::inside::decode(std::span<char> bytes, int& messages) {
  while (now == stage::open) {
    if (messages == 0) return bytes;
    const wire::ws_event event = decoder->feed(bytes);
    if (event.what == wire::ws_event::kind::need_more) return bytes;
    --messages;
    const std::size_t inflated = event.inflating ? event.data.size() / inflated_piece : 0;
    messages -= static_cast<int>(std::min(inflated, static_cast<std::size_t>(messages)));
    on_event(event);
  }
  return {};
}

// The input is taken out while it is decoded, because whoever gets a message may end the
// connection. What is left of a backlog, and a frame that is still incomplete, go back without
// being copied: a message of a hundred megabytes comes in thousands of pieces.
void websocket::inside::decode_input(int& messages) {
  backlog = false;
  std::string taken = std::exchange(input, {});
  const std::size_t begin = std::exchange(input_begin, 0);
  const std::span<char> rest = decode(std::span(taken).subspan(begin), messages);
  if (rest.empty() || now != stage::open) return;
  const std::size_t used = taken.size() - rest.size();
  if (messages > 0 && used > 0) return keep(rest, false);
  backlog = messages == 0;
  input = std::move(taken);
  input_begin = used;
}

void websocket::inside::keep(std::span<const char> rest, bool for_later) {
  backlog = for_later;
  if (!for_later) {
    // The announced size is believed only as far as bytes have arrived.
    const std::size_t missing = wire::ws_decoder::frame_bytes(rest, wire::ws_side::client);
    input.reserve(std::max(rest.size(), std::min(rest.size() + missing, 2 * rest.size() + 4096)));
  }
  input.assign(rest.data(), rest.size());
}

void websocket::inside::on_event(const wire::ws_event& event) {
  switch (event.what) {
    case wire::ws_event::kind::need_more: break;
    case wire::ws_event::kind::pong:
      if (sink) sink->on_websocket_pong(event.data);
      break;
    case wire::ws_event::kind::message:
      if (sink) sink->on_websocket_message(event.binary, event.data);
      break;
    case wire::ws_event::kind::ping:  // only the last one is answered when the peer does not read
      pong = std::string(event.data);
      on.mark_dirty(*this);
      break;
    case wire::ws_event::kind::close: on_peer_close(event); break;
    case wire::ws_event::kind::failed: on_violation(event); break;
  }
}

void websocket::inside::on_peer_close(const wire::ws_event& event) {
  const bool coded = event.code != static_cast<std::uint16_t>(wire::ws_close_code::no_status);
  failure why{trouble::closed, coded ? "close frame with code " + std::to_string(event.code)
                                     : "close frame without a code"};
  if (!event.data.empty()) why.detail.append(": ").append(event.data);
  why.close_code = event.code;
  wire::append_masked_close(coded ? std::optional(event.code) : std::nullopt, {}, masks.next(),
                            next);
  leave();
  tell_closed(std::move(why));
}

void websocket::inside::on_violation(const wire::ws_event& event) {
  const bool too_big =
      event.code == static_cast<std::uint16_t>(wire::ws_close_code::message_too_big);
  failure why{too_big ? trouble::too_big : trouble::protocol, detail_of(event)};
  wire::append_masked_close(event.code, why.detail, masks.next(), next);
  leave();
  tell_closed(std::move(why));
}

}  // namespace socketio::dial
