// Opening, sending and draining of a session; decoding of what came in.
// Tested by tests/unit/engine/session_basics_test.cpp and the other session tests beside it.
#include "engine/session.hpp"

#include "engine/handshake.hpp"
#include "wire/engine_packet_v3.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

namespace socketio::engine {
namespace {

bool has_binary(std::span<const wire::frame> group) noexcept {
  return std::ranges::any_of(group, &wire::frame::is_binary);
}

}  // namespace

session::session(const options& options, std::string_view sid, transport first, bool text_only,
                 time_point now, revision spoken)
    : options_(options),
      transport_(first),
      binary_(form_of(spoken, text_only)),
      revision_(spoken),
      websocket_alive_(first == transport::websocket),
      now_(now),
      deadline_(now + options.ping_interval) {
  using wire::frame;
  const frame open = frame::text({open_packet(sid, first, options)}, wire::frame_class::control);
  queue_.push({&open, 1}, options.queue);
  if (!options.initial_packet.empty()) {
    // Counted like any other message; a limit below its size is a mistake of the configuration.
    const frame initial = frame::text({"4", options.initial_packet}, wire::frame_class::event);
    queue_.push({&initial, 1}, options.queue);
  }
  if (spoken == revision::three) await_ping();
  raise(event::kind::opened);
}

binary_form session::form_of(revision spoken, bool text_only) noexcept {
  if (spoken == revision::four) return text_only ? binary_form::base64 : binary_form::plain;
  return text_only ? binary_form::typed_base64 : binary_form::typed;
}

// ---- feed: websocket

void session::on_message(message_kind format, std::string_view data, time_point now) {
  now_ = now;
  if (state_ == state::closed || transport_ != transport::websocket) return;
  begin_input(input::packet, format, data);
}

void session::begin_input(input kind, message_kind format, std::string_view data) {
  assert(input_kind_ == input::none);
  input_kind_ = kind;
  input_format_ = format;
  if (!input_) input_ = std::make_unique<undecoded>();
  input_->rest = data;
  input_->packets = 0;
}

bool session::take_message(message_kind format, std::string_view& data, time_point now) {
  if (state_ != state::open || transport_ != transport::websocket || has_news()) return false;
  if (format == message_kind::text) {
    if (!data.starts_with('4')) return false;
    data.remove_prefix(1);
  } else if (revision_ == revision::three) {
    return false;  // its type is still to be read
  }
  now_ = now;
  extend_wait_for_pong();
  return true;
}

void session::on_websocket_closed(reason why, cause what, std::string detail, time_point now) {
  now_ = now;
  if (transport_ != transport::websocket) return;
  websocket_alive_ = false;
  withdraw(action::close_websocket);
  fail(why, what, std::move(detail));
}

void session::on_flushed(time_point now) {
  now_ = now;
  if (state_ != state::closed && queue_.empty()) raise(event::kind::drained);
}

// ---- command

send_queue::outcome session::send(std::span<const wire::frame> group, time_point now) {
  now_ = now;
  if (state_ != state::open) return send_queue::outcome::closed;  // HS-30
  send_queue::outcome outcome;
  if (binary_ != binary_form::plain && transport_ == transport::websocket && has_binary(group)) {
    std::vector<wire::frame> converted;
    for (const wire::frame& part : group) converted.push_back(as(binary_, part));
    outcome = queue_.push(converted, options_.queue);
  } else {
    outcome = queue_.push(group, options_.queue);
  }
  if (outcome == send_queue::outcome::overflow) {
    std::string detail = overflow_detail(group);
    queue_.drop_unsent();  // The decision is final: no message follows it.
    fail(reason::transport_error, cause::slow_consumer, std::move(detail));
  }
  return outcome;
}

// Why the queue did not take `group`.
std::string session::overflow_detail(std::span<const wire::frame> group) const {
  std::size_t size = 0;
  for (const wire::frame& part : group) size += part.size();
  const auto bytes = [](std::size_t count) { return std::to_string(count) + " bytes"; };
  const std::size_t limit = options_.queue.bytes_max;
  if (group.front().kind() == wire::frame_class::control)
    return "control packet of " + bytes(size) + " behind " +
           bytes(queue_.bytes(wire::frame_class::control)) + " of them, the limit is " +
           std::to_string(control_bytes_max);
  if (size > limit)
    return "message of " + bytes(size) + ", a send queue takes no more than " +
           std::to_string(limit);
  return "message of " + bytes(size) + " for a send queue of " + bytes(queue_.bytes()) +
         ", the limit is " + std::to_string(limit);
}

// ---- drain

bool session::take(event::kind what) noexcept {
  if (!has(what)) return false;
  events_ &= static_cast<std::uint8_t>(~(1u << static_cast<unsigned>(what)));
  return true;
}

std::optional<event> session::poll_event() {
  if (input_kind_ == input::none && events_ == 0) {  // the usual end of a turn
    input_.reset();
    return std::nullopt;
  }
  if (take(event::kind::opened)) {
    if (state_ == state::opening) state_ = state::open;
    return event{event::kind::opened};
  }
  // Beyond this point the session is or was open.
  if (take(event::kind::upgrading)) return event{event::kind::upgrading};
  if (take(event::kind::upgraded)) return event{event::kind::upgraded};
  while (input_kind_ != input::none) {
    if (auto decoded = decode_next()) return decoded;
  }
  if (take(event::kind::drained)) return event{event::kind::drained};
  if (take(event::kind::closed)) return event{event::kind::closed};
  return std::nullopt;
}

// Takes the next packet off the input. A payload ends with the record that no separator follows: an
// empty body is one empty record, and so is what follows a separator at the end.
result<wire::engine_packet> session::next_packet() {
  std::string_view packet = input_->rest;
  if (input_kind_ == input::payload) packet = wire::next_record(input_->rest);
  if (input_kind_ == input::packet || !input_->rest.data()) input_kind_ = input::none;
  if (input_format_ == message_kind::binary)
    return wire::engine_packet{wire::engine_packet_type::message, true, packet};
  return wire::decode_engine_packet(packet, input_->storage);
}

// The same in revision 3, where a payload ends with its last byte.
result<wire::engine_packet> session::next_packet_v3() {
  wire::record_v3 packet{input_format_ == message_kind::binary, input_->rest};
  const bool of_text_payload = input_kind_ == input::payload && !packet.binary;
  if (input_kind_ == input::payload) {
    const auto record = wire::next_record_v3(input_->rest, packet.binary);
    if (!record) return record.error();
    packet = *record;
  }
  if (input_kind_ == input::packet || input_->rest.empty()) input_kind_ = input::none;
  if (packet.binary) return wire::decode_binary_packet_v3(packet.data);
  // "0:" is a payload without packets.
  if (of_text_payload && packet.data.empty()) return wire::engine_packet{};
  return wire::decode_text_packet_v3(packet.data, input_->storage);
}

// Handles the next packet of the input. nullopt: it was no news for the application.
std::optional<event> session::decode_next() {
  if (input_kind_ == input::payload && input_->packets++ == options_.payload_packets_max) {
    fail(reason::parse_error, cause::payload_too_many_packets,
         "payload of more than " + std::to_string(options_.payload_packets_max) + " packets");
    return std::nullopt;
  }
  const auto packet = revision_ == revision::four ? next_packet() : next_packet_v3();
  if (packet) return on_packet(*packet);
  input_kind_ = input::none;  // HS-20: nothing behind a bad packet is looked at
  if (state_ == state::open) {
    fail(reason::parse_error, cause::malformed_engine_packet, packet.error().message());
  }
  return std::nullopt;
}

std::optional<event> session::on_packet(const wire::engine_packet& packet) {
  using type = wire::engine_packet_type;
  // Over polling a client says goodbye with a packet; over WebSocket this means nothing (WS-07).
  if (packet.type == type::close && transport_ == transport::polling) {
    if (state_ == state::closed) return std::nullopt;
    fail(reason::transport_close, cause::closed_by_peer, "the client sent a close packet");
    farewell_ = farewell::none;  // it releases its own poll with a noop (HS-22)
    return std::nullopt;
  }
  if (state_ != state::open) return std::nullopt;
  if (packet.type != type::pong) extend_wait_for_pong();
  switch (packet.type) {
    case type::message:
      return event{event::kind::message, packet.binary ? message_kind::binary : message_kind::text,
                   packet.data};
    case type::pong:
    case type::ping: return on_heartbeat(packet.type == type::ping);
    case type::open:
    case type::close:
    case type::upgrade:
    case type::noop: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<action> session::poll_action() {
  if (must_answer_poll()) return action::answer_poll;
  if (actions_ == 0) return std::nullopt;
  for (const action what : {action::abort_data, action::send_probe_reply, action::promote_candidate,
                            action::close_candidate, action::close_websocket}) {
    if ((actions_ & bit(what)) == 0) continue;
    withdraw(what);
    return what;
  }
  return std::nullopt;
}

// ---- ask

bool session::writable() const noexcept {
  if (state_ != state::open || !queue_.empty()) return false;
  return transport_ == transport::websocket || (poll_pending_ && !must_answer_poll());
}

std::optional<time_point> session::next_timeout() const noexcept {
  if (state_ == state::closed) return std::nullopt;
  return candidate_ == candidate::none ? deadline_ : std::min(deadline_, upgrade_deadline_);
}

void session::on_timeout(time_point now, time_point due) {
  now_ = now;
  if (candidate_ != candidate::none && due >= upgrade_deadline_) drop_candidate();  // WS-13
  if (due < deadline_) return;
  switch (state_) {
    case state::opening:
    case state::open: on_heartbeat_expired(); break;
    case state::closing: on_close_expired(); break;
    case state::closed: break;
  }
}

}  // namespace socketio::engine
