// The reading half of ws_frame.hpp. Every check stands in the order in which the bytes arrive, so
// that a frame that can not be right, or is too big, is refused when its head is there and not when
// its payload has been buffered.
//
// JS differs: nothing is more lenient or stricter than the npm package `ws` 8; in particular, a
// length may be written in more bytes than it needs, as there.
#include "base/utf8.hpp"
#include "wire/permessage_deflate.hpp"
#include "wire/wide_text.hpp"
#include "wire/ws_frame.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace socketio::wire {
namespace {

constexpr std::size_t control_bytes_max = 125;  // section 5.5

ws_event failed(ws_close_code code, std::string_view why) noexcept {
  ws_event event;
  event.what = ws_event::kind::failed;
  event.code = static_cast<std::uint16_t>(code);
  event.data = why;
  return event;
}

ws_event over_limit(ws_close_code code, std::string_view why, std::size_t got,
                    std::size_t limit) noexcept {
  ws_event event = failed(code, why);
  event.got = got;
  event.limit = limit;
  return event;
}

ws_event too_big(std::size_t got, std::size_t limit) noexcept {
  return over_limit(ws_close_code::message_too_big, "message too big", got, limit);
}

ws_event message(bool binary, std::string_view data) noexcept {
  if (!binary && !is_utf8(data)) return failed(ws_close_code::invalid_payload, "text is not utf-8");
  ws_event event;
  event.what = ws_event::kind::message;
  event.binary = binary;
  event.data = data;
  return event;
}

ws_event close_event(std::string_view payload) noexcept {
  ws_event event;
  event.what = ws_event::kind::close;
  event.code = static_cast<std::uint16_t>(ws_close_code::no_status);
  if (payload.empty()) return event;
  if (payload.size() == 1) {
    return failed(ws_close_code::protocol_error, "close frame with half a status code");
  }
  const auto high = static_cast<std::uint8_t>(payload[0]),
             low = static_cast<std::uint8_t>(payload[1]);
  event.code = static_cast<std::uint16_t>(high << 8 | low);
  event.data = payload.substr(2);
  if (!is_sendable_close_code(event.code)) {
    return failed(ws_close_code::protocol_error, "close frame with a code that may not be sent");
  }
  if (!is_utf8(event.data)) {
    return failed(ws_close_code::invalid_payload, "close reason is not utf-8");
  }
  return event;
}

// Frames come masked to a server, and to a client they do not. What depends on it is compiled for
// each side, so that neither pays for the other.
constexpr std::size_t mask_bytes(ws_side side) noexcept { return side == ws_side::server ? 4 : 0; }

bool is_control(ws_opcode opcode) noexcept { return static_cast<unsigned>(opcode) >= 8; }

std::uint64_t read_big_endian(const char* from, unsigned bytes) noexcept {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) value = value << 8 | static_cast<std::uint8_t>(from[i]);
  return value;
}

}  // namespace

struct ws_decoder::frame_head {
  ws_opcode opcode = ws_opcode::continuation;
  bool fin = false;
  bool compressed = false;  // rsv1 (RFC 7692, section 6)
  std::size_t bytes = 0;    // of the head, mask included; 0 while it is incomplete
  std::size_t payload_bytes = 0;
};

struct ws_decoder::fragments {
  std::string data;
  std::size_t count = 0;
  bool binary = false;
  bool compressed = false;
  bool complete = false;  // handed out; lives until the next feed()
  std::unique_ptr<permessage_deflate> extension;
};

void ws_decoder::fragments_deleter::operator()(fragments* collected) const noexcept {
  delete collected;
}

ws_decoder::ws_decoder(ws_limits limits, ws_side side) noexcept
    : message_bytes_max_(limits.message_bytes_max),
      fragments_max_(
          static_cast<std::uint32_t>(std::min<std::size_t>(limits.fragments_max, UINT32_MAX))),
      side_(side) {}

ws_decoder::ws_decoder(ws_limits limits, std::unique_ptr<permessage_deflate> extension,
                       ws_side side)
    : ws_decoder(limits, side) {
  if (!extension) return;
  partial_.reset(new fragments);
  partial_->extension = std::move(extension);
}

permessage_deflate* ws_decoder::extension() const noexcept {
  return partial_ ? partial_->extension.get() : nullptr;
}

bool ws_decoder::inside_message() const noexcept {
  return partial_ && partial_->count > 0 && !partial_->complete;
}

// A fragmented message has been handed out and goes.
void ws_decoder::begin_next() noexcept {
  if (!partial_->extension) return partial_.reset();
  partial_->data = {};
  partial_->count = 0;
  partial_->complete = false;
}

// Reads as much of the head as there is, beginning with two bytes.
template <ws_side side>
ws_event ws_decoder::read_head(std::span<const char> buffer, frame_head& head) noexcept {
  constexpr auto wrong = ws_close_code::protocol_error;
  if (buffer.size() < 2) return {};
  const auto first = static_cast<std::uint8_t>(buffer[0]);
  head.fin = (first & 0x80) != 0;
  head.opcode = static_cast<ws_opcode>(first & 0x0F);
  head.compressed = (first & 0x40) != 0;  // whether it may be, check() knows
  if (first & 0x30) return failed(wrong, "reserved bits are set");
  const unsigned opcode = first & 0x0F;
  if ((opcode > 2 && opcode < 8) || opcode > 10) return failed(wrong, "unknown opcode");
  if (is_control(head.opcode) && !head.fin) return failed(wrong, "fragmented control frame");

  const auto second = static_cast<std::uint8_t>(buffer[1]);
  const bool masked = (second & 0x80) != 0;
  if (side == ws_side::server && !masked) return failed(wrong, "frame is not masked");
  if (side == ws_side::client && masked) return failed(wrong, "frame is masked");
  const unsigned length = second & 0x7F;
  if (is_control(head.opcode) && length > control_bytes_max) {
    return failed(wrong, "control frame longer than 125 bytes");
  }
  const unsigned length_bytes = length == 127 ? 8 : length == 126 ? 2 : 0;
  const std::size_t head_bytes = 2 + length_bytes + mask_bytes(side);
  if (buffer.size() < 2 + length_bytes) return {};
  head.payload_bytes = length_bytes == 0 ? length : read_big_endian(&buffer[2], length_bytes);
  if (buffer.size() >= head_bytes) head.bytes = head_bytes;
  return {};
}

// The rules that depend on what came before, and the limits. The length comes last, because it may
// arrive later: the same bytes must fail in the same way however they are cut.
ws_event ws_decoder::check(const frame_head& head) const noexcept {
  const bool continues = head.opcode == ws_opcode::continuation;
  // The bit says it of a message, in its first frame.
  if (head.compressed && (is_control(head.opcode) || continues || !extension()))
    return failed(ws_close_code::protocol_error, "reserved bits are set");
  if (is_control(head.opcode)) return {};
  const bool inside = inside_message();
  if (continues && !inside) {
    return failed(ws_close_code::protocol_error, "continuation without a first fragment");
  }
  if (!continues && inside) {
    return failed(ws_close_code::protocol_error, "a new message inside a fragmented one");
  }
  if (continues && partial_->count >= fragments_max_) {
    return over_limit(ws_close_code::policy_violation, "too many fragments", partial_->count + 1,
                      fragments_max_);
  }
  const std::size_t before = inside ? partial_->data.size() : 0;
  if (head.payload_bytes > message_bytes_max_ - before) {
    return too_big(before + std::min(head.payload_bytes, SIZE_MAX - before), message_bytes_max_);
  }
  return {};
}

ws_event ws_decoder::feed(std::span<char>& buffer) {
  if (partial_ && partial_->complete) begin_next();
  while (true) {
    bool taken = false;
    const ws_event event = side_ == ws_side::server ? take_frame<ws_side::server>(buffer, taken)
                                                    : take_frame<ws_side::client>(buffer, taken);
    // A frame that was taken without an event is a fragment that has been put away.
    if (!taken || event.what != ws_event::kind::need_more) return event;
  }
}

template <ws_side side>
ws_event ws_decoder::take_frame(std::span<char>& buffer, bool& taken) {
  frame_head head;
  if (ws_event event = read_head<side>(buffer, head); event.what == ws_event::kind::failed)
    return event;
  if (buffer.size() < 2) return {};  // need more
  if (ws_event event = check(head); event.what == ws_event::kind::failed) return event;
  if (head.bytes == 0 || buffer.size() - head.bytes < head.payload_bytes) return {};

  const std::span<char> body = buffer.subspan(head.bytes, head.payload_bytes);
  if constexpr (side == ws_side::server) {
    std::uint32_t mask;
    std::memcpy(&mask, body.data() - sizeof mask, sizeof mask);
    unmask(body, mask);
  }
  buffer = buffer.subspan(head.bytes + head.payload_bytes);
  taken = true;
  const std::string_view payload(body.data(), body.size());

  ws_event event;
  event.data = payload;
  switch (head.opcode) {
    case ws_opcode::continuation:
    case ws_opcode::text:
    case ws_opcode::binary: return on_data_frame(head, payload);
    case ws_opcode::close: return close_event(payload);
    case ws_opcode::ping: event.what = ws_event::kind::ping; return event;
    case ws_opcode::pong: event.what = ws_event::kind::pong; return event;
  }
  return event;
}

ws_event ws_decoder::on_data_frame(const frame_head& head, std::string_view payload) {
  if (!inside_message()) {
    const bool binary = head.opcode == ws_opcode::binary;
    if (head.fin) return head.compressed ? inflated(binary, payload) : message(binary, payload);
    if (!partial_) partial_.reset(new fragments);
    partial_->binary = binary;
    partial_->compressed = head.compressed;
  }
  partial_->data += payload;
  ++partial_->count;
  if (!head.fin) return {};
  partial_->complete = true;
  if (partial_->compressed) return inflated(partial_->binary, partial_->data);
  return message(partial_->binary, partial_->data);
}

ws_event ws_decoder::inflated(bool binary, std::string_view payload) {
  std::string_view plain;
  ws_event event;
  switch (extension()->inflate(payload, message_bytes_max_, plain)) {
    case inflater::outcome::complete: event = message(binary, plain); break;
    case inflater::outcome::too_big: event = too_big(0, message_bytes_max_); break;
    case inflater::outcome::malformed:
      event = failed(ws_close_code::invalid_payload, "the message cannot be inflated");
      break;
  }
  event.inflating = true;
  return event;
}

std::size_t ws_decoder::frame_bytes(std::span<const char> buffer, ws_side side) noexcept {
  const std::size_t smallest = 2 + mask_bytes(side);
  frame_head head;
  const ws_event event = side == ws_side::server ? read_head<ws_side::server>(buffer, head)
                                                 : read_head<ws_side::client>(buffer, head);
  if (event.what == ws_event::kind::failed || buffer.size() < 2) {
    return smallest - std::min(smallest, buffer.size());
  }
  const unsigned length = static_cast<std::uint8_t>(buffer[1]) & 0x7F;
  const std::size_t head_bytes = smallest + (length == 127 ? 8 : length == 126 ? 2 : 0);
  const std::size_t total = head_bytes + std::min(head.payload_bytes, SIZE_MAX - head_bytes);
  return total - std::min(total, buffer.size());
}

void unmask(std::span<char> data, std::uint32_t mask, std::size_t offset) noexcept {
  std::array<char, 4> key;
  std::memcpy(key.data(), &mask, sizeof mask);
  if (offset % 4 != 0) std::rotate(key.begin(), key.begin() + offset % 4, key.end());
  std::uint64_t wide;
  std::memcpy(&wide, key.data(), 4);
  std::memcpy(reinterpret_cast<char*>(&wide) + 4, key.data(), 4);

  char* at = data.data();
  std::size_t left = data.size();
  if (left >= wide_text::worth_it) {
    const std::size_t done = widest_text->unmask(data, wide);
    at += done;
    left -= done;
  }
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    word ^= wide;
    std::memcpy(at, &word, 8);
  }
  for (std::size_t i = 0; i < left; ++i) at[i] = static_cast<char>(at[i] ^ key[i % 4]);
}

bool is_sendable_close_code(std::uint16_t code) noexcept {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

}  // namespace socketio::wire
