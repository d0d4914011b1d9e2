// The reading side of websocket_connection and its end; websocket_connection_output.cpp has the
// writing side.
#include "net/websocket_connection.hpp"

#include "net/websocket_extras.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace socketio::net {
namespace {

// How often a busy connection is read per turn before others get their chance.
constexpr int reads_per_turn_max = 4;
// What is thrown away of a peer that broke the protocol, in the hope that it reads our close frame.
constexpr std::size_t discarded_bytes_max = 16 * 1024 * 1024;

// An error of ours is never told with more than this (RFC 6455, section 5.5: 125 bytes with the
// code).
constexpr std::size_t close_text_max = 123;

cause cause_of(std::uint16_t code, const wire::ws_event& event) noexcept {
  if (code == static_cast<std::uint16_t>(wire::ws_close_code::invalid_payload))
    return cause::invalid_utf8;
  if (code == static_cast<std::uint16_t>(wire::ws_close_code::message_too_big))
    return cause::message_too_big;
  return event.limit != 0 ? cause::too_many_fragments : cause::malformed_frame;
}

std::string detail_of(cause what, const wire::ws_event& event) {
  const auto numbers = [&event](const char* kind, const char* unit) {
    return kind + std::to_string(event.got) + unit + std::to_string(event.limit);
  };
  if (what == cause::message_too_big) return numbers("message of ", " bytes, the limit is ");
  if (what == cause::too_many_fragments) return numbers("message of ", " fragments, the limit is ");
  return std::string(event.data);
}

}  // namespace

websocket_connection::websocket_connection(registry* list, stream peer,
                                           const websocket_limits& limits, std::string output)
    : tracked(list),
      decoder_(
          {.message_bytes_max = limits.message_bytes_max, .fragments_max = limits.fragments_max}),
      stream_(std::move(peer)),
      close_timeout_ms_(static_cast<std::uint32_t>(
          std::clamp<milliseconds::rep>(limits.close_timeout.count(), 1, 24 * 3600 * 1000))) {
  more().output = std::move(output);
}

websocket_connection::~websocket_connection() { shard().forget(*this); }

websocket_connection::extras& websocket_connection::more() {
  if (!extras_) extras_ = std::make_unique<extras>(*this);
  return *extras_;
}

void websocket_connection::drop_extras_if_idle() noexcept {
  if (stage_ == stage::open && extras_ && extras_->idle()) extras_.reset();
}

void websocket_connection::adopt_input(std::string_view bytes) {
  if (!bytes.empty()) more().input.assign(bytes);
}

// ---- reading

void websocket_connection::watch() {
  if (reading_ || stage_ == stage::closed || stage_ == stage::answering) return;
  reading_ = kept_ = true;
  stream_.wait_readable(*this);
}

void websocket_connection::on_readable() {
  reading_ = false;
  if (backlog_ && extras_->full_at == shard().now())
    stream_.read_again();  // what has just arrived does not make it another turn
  else if (stage_ != stage::closed)
    read(messages_per_turn_max);
  drop_extras_if_idle();
  watch();
}

void websocket_connection::read(int messages) {
  if (backlog_) decode_input(messages);
  for (int i = 0; i < reads_per_turn_max && !backlog_; ++i) {
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
      keep_rest(rest, messages);
    }
    if (got.bytes < buffer.size()) break;  // a short read has emptied the socket
  }
  if (backlog_) stream_.read_again();
}

// Handles every complete frame, as far as the messages of the turn go, and returns what remains.
std::span<char> websocket_connection::decode(std::span<char> bytes, int& messages) {
  while (stage_ == stage::open || stage_ == stage::closing) {
    if (messages == 0) return bytes;
    const wire::ws_event event = decoder_.feed(bytes);
    if (event.what == wire::ws_event::kind::need_more) return bytes;
    --messages;
    on_event(event);
  }
  return {};
}

// The input is taken out while it is decoded, because whoever gets a message may end this
// connection. What is left of a backlog, and a frame that is still incomplete, go back without
// being copied: a message of a hundred megabytes comes in thousands of pieces.
void websocket_connection::decode_input(int& messages) {
  backlog_ = false;
  std::string input = std::exchange(extras_->input, {});
  const std::size_t begin = std::exchange(extras_->input_begin, 0);
  const std::span<char> rest = decode(std::span(input).subspan(begin), messages);
  if (rest.empty()) return;
  const std::size_t used = input.size() - rest.size();
  if (messages > 0 && used > 0) return keep_incomplete(rest);
  if (messages == 0) begin_backlog();
  extras_->input = std::move(input);
  extras_->input_begin = used;
}

void websocket_connection::keep_rest(std::span<const char> rest, int messages) {
  if (rest.empty() || messages > 0) return keep_incomplete(rest);
  more().input.assign(rest.data(), rest.size());
  begin_backlog();
}

void websocket_connection::begin_backlog() {
  backlog_ = true;
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

void websocket_connection::on_peer_close(const wire::ws_event& event) {
  if (stage_ == stage::closing) {  // both sides have said it
    stage_ = stage::answering;
    return flush_later();
  }
  const bool coded = event.code != static_cast<std::uint16_t>(wire::ws_close_code::no_status);
  std::string detail =
      coded ? "close frame with code " + std::to_string(event.code) : "close frame without a code";
  if (!event.data.empty()) detail.append(": ").append(event.data);
  detach_queue();
  wire::append_ws_close(coded ? std::optional(event.code) : std::nullopt, {}, more().output);
  start_closing(stage::answering);
  tell_closed(reason::transport_close, cause::closed_by_peer, std::move(detail));
}

void websocket_connection::on_violation(const wire::ws_event& event) {
  const cause what = cause_of(event.code, event);
  std::string detail = detail_of(what, event);
  const bool open = stage_ == stage::open;
  if (open) {
    detach_queue();
    wire::append_ws_close(event.code, std::string_view(detail).substr(0, close_text_max),
                          more().output);
  }
  start_closing(stage::failing);
  if (open) tell_closed(reason::transport_error, what, std::move(detail));
}

void websocket_connection::lost(int error) {
  std::string detail = "the connection ended without a close frame";
  if (error == truncated)
    detail += " and without the end of TLS";
  else if (error)
    detail = "the connection failed: " + std::generic_category().message(error);
  end();
  tell_closed(reason::transport_close, cause::connection_lost, std::move(detail));
}

// ---- the end

// `next` has a deadline: no peer can hold the descriptor.
void websocket_connection::start_closing(stage next) {
  stage_ = next;
  more().input = {};
  more().input_begin = 0;
  backlog_ = false;
  more().pong.reset();
  if (!more().armed())
    shard().timers().arm(more(), shard().exact_now() + milliseconds(close_timeout_ms_));
  flush_later();
}

void websocket_connection::tell_closed(reason why, cause what, std::string detail) {
  if (auto* const told = std::exchange(sink_, nullptr))
    told->on_websocket_closed(why, what, std::move(detail));
}

void websocket_connection::close(bool after_queue, std::optional<std::uint16_t> code,
                                 std::string_view text) {
  sink_ = nullptr;
  if (stage_ != stage::open) return;
  after_queue ? take_over_queue() : detach_queue();
  std::string& frames = more().rest ? more().output_after_rest : more().output;
  wire::append_ws_close(code, text.substr(0, close_text_max), frames);
  start_closing(stage::closing);
}

void websocket_connection::abort() {
  sink_ = nullptr;
  end();
}

void websocket_connection::cut() {
  const auto self = shared_from_this();
  end();
  tell_closed(reason::forced_close, cause::server_close, "the server closed its connections");
}

// Afterwards only completions that find nothing to do. The sink is told by whoever knows why.
void websocket_connection::end() {
  if (stage_ == stage::closed) return;
  stage_ = stage::closed;
  stream_.close();
  leave();
  queue_ = nullptr;
  if (extras_) extras_->release();
}

}  // namespace socketio::net
