// The life of a websocket_connection: what ends it, and who is told. Reading is in
// websocket_connection_input.cpp, writing in websocket_connection_output.cpp.
#include "net/websocket_connection.hpp"

#include "net/websocket_extras.hpp"
#include "wire/permessage_deflate.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace socketio::net {
namespace {

// An error of ours is never told with more than this (RFC 6455, section 5.5: 125 bytes with the
// code).
constexpr std::size_t close_text_max = 123;

cause cause_of(std::uint16_t code, const wire::ws_event& event) noexcept {
  if (event.inflating && event.limit == 0) return cause::malformed_frame;
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
  if (what == cause::message_too_big && event.inflating)
    return "message that inflates to more than " + std::to_string(event.limit) + " bytes";
  if (what == cause::message_too_big) return numbers("message of ", " bytes, the limit is ");
  if (what == cause::too_many_fragments) return numbers("message of ", " fragments, the limit is ");
  return std::string(event.data);
}

}  // namespace

websocket_connection::websocket_connection(registry* list, stream peer,
                                           const websocket_limits& limits, std::string output,
                                           std::unique_ptr<wire::permessage_deflate> extension)
    : tracked(list),
      decoder_(
          {.message_bytes_max = limits.message_bytes_max, .fragments_max = limits.fragments_max},
          std::move(extension)),
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

void websocket_connection::adopt_input(std::string_view bytes) {
  if (!bytes.empty()) more().input.assign(bytes);
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
  pace_ = pace::free;
  more().pause.reset();
  more().input = {};
  more().input_begin = 0;
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
