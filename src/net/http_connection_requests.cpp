// From bytes to requests: heads, bodies, WebSocket handshakes, and connections that move to another
// shard.
#include "net/http_connection.hpp"
#include "net/websocket_connection.hpp"
#include "net/websocket_handshake.hpp"
#include "wire/permessage_deflate.hpp"

#include <ctime>
#include <utility>

namespace socketio::net {

std::size_t http_connection::process(std::string_view bytes) {
  processing_ = true;
  std::size_t used = 0;
  while (used < bytes.size() && takes_input()) {
    if (!parser_) {
      // Empty lines before a request are ignored (RFC 9112, section 2.2).
      if (bytes[used] == '\r' || bytes[used] == '\n') {
        ++used;
        continue;
      }
      parser_ = std::make_unique<http_parser>(environment_->limits.header_bytes_max);
      request_limit_ = shard_.now() + environment_->limits.request_timeout;
    }
    const auto step = parser_->put(bytes.substr(used));
    used += step.consumed;
    progress_ |= input_ == input::body;
    if (step.what == http_parser::state::need_more) break;
    switch (step.what) {
      case http_parser::state::head: on_head(); break;
      case http_parser::state::complete: on_body(); break;
      case http_parser::state::failed: on_failed(); break;
      case http_parser::state::need_more: break;
    }
  }
  processing_ = false;
  return used;
}

void http_connection::on_head() {
  http_request head;
  parser_->take_request(head);
  head.remote_address = remote_address_;
  head.remote_port = remote_port_;
  if (const tls_session* const tls = stream_.tls()) {
    head.secure = true;
    head.client_certificate = tls->peer();
  }
  if (move_elsewhere(head)) return;
  auto exchange = std::make_shared<http_exchange>(shared_from_this());
  http_request& request = exchange->request() = std::move(head);

  slot arrived;
  arrived.exchange = exchange.get();
  arrived.keep_alive = parser_->keep_alive();
  slots_.push_back(std::move(arrived));
  first_request_ = false;
  progress_ = true;  // the deadline of the next head is its own
  ++environment_->counters.requests_total;

  if (parser_->has_body()) {
    input_ = input::held;
    reader_ = exchange.get();
  } else {
    input_ = request.upgrade            ? input::upgrading
             : slots_.back().keep_alive ? input::head
                                        : input::finished;
    parser_.reset();
  }
  environment_->service.on_request(std::move(exchange));
}

// The head goes along as text, in front of whatever follows it.
bool http_connection::move_elsewhere(const http_request& request) {
  auto there = environment_->service.elsewhere(request);
  if (!there) return false;
  moving_ = std::make_unique<http_service::handover>(std::move(there));
  moving_head_ = to_head(request);
  parser_.reset();
  input_ = input::moving;
  return true;
}

void http_connection::move_if_due() {
  if (input_ != input::moving || stage_ != stage::open || !slots_.empty() || output_.bytes() > 0)
    return;
  const auto there = std::move(moving_);
  std::string received = std::move(moving_head_) + staged_;
  const auto self = shared_from_this();
  loose_stream released = stream_.release();
  end();
  (*there)(std::move(released), std::move(received));
}

void http_connection::on_body() {
  if (!reader_) {  // answered already
    parser_.reset();
    input_ = input::head;
    return;
  }
  http_exchange& reader = *std::exchange(reader_, nullptr);
  reader.request().body = parser_->take_body();
  parser_.reset();
  input_ = find(reader)->keep_alive ? input::head : input::finished;
  reader.finish_body(body_outcome::complete);
}

void http_connection::on_failed() {
  const bool too_big = parser_->too_big();
  const unsigned status = parser_->status();
  const std::string text(parser_->text());
  parser_.reset();
  if (input_ == input::body && !reader_) return end();
  if (too_big) {
    input_ = input::finished;
    return reader_->finish_body(body_outcome::too_big);  // the service answers
  }
  ++environment_->counters.bad_requests_total;
  reader_ ? refuse_reader(status, text) : refuse(status, text);
}

void http_connection::read_body(http_exchange& asking, std::size_t bytes_max) {
  if (reader_ != &asking || input_ != input::held)
    return asking.finish_body(body_outcome::complete);  // there is none
  parser_->limit_body(bytes_max);
  if (parser_->too_big()) {
    input_ = input::finished;
    return asking.finish_body(body_outcome::too_big);
  }
  input_ = input::body;
  if (parser_->expects_continue() && staged_.empty()) find(asking)->owes_continue = true;
  advance();
}

std::shared_ptr<websocket> http_connection::accept_websocket(http_exchange& asking,
                                                             const websocket_limits& limits) {
  slot* const asked = find(asking);
  if (!asked) return nullptr;
  std::optional<wire::deflate_parameters> deflate;
  http_response response = answer_websocket_handshake(
      asking.request(), limits.deflate ? &limits.deflate->options() : nullptr, deflate);
  if (response.status == 101 && (asked != &slots_.front() || reader_ == &asking)) {
    response = http_response::text(
        400, "a WebSocket handshake cannot have a body nor wait for earlier answers");
    response.headers.set("Connection", "close");
  }
  if (response.status != 101) {
    answer(*asked, std::move(response), asking.extra_headers(), asking.head_only());
    advance();
    return nullptr;
  }
  std::string output = output_.take();
  append_response_head(response, asking.extra_headers(), {.upgrade = true},
                       environment_->date.at(std::time(nullptr)), output);
  stream_.cancel_waits();
  upgraded_ = std::make_shared<websocket_connection>(
      list(), std::move(stream_), limits, std::move(output),
      deflate ? std::make_unique<wire::permessage_deflate>(limits.deflate, *deflate) : nullptr);
  upgraded_->flush_later();
  slots_.clear();
  std::shared_ptr<websocket> opened = upgraded_;
  const std::string rest = std::move(staged_);
  const bool parsing = processing_;
  stage_ = stage::closed;
  timer::cancel();
  leave_environment();
  parser_.reset();
  if (!parsing) keep(rest);
  return opened;
}

}  // namespace socketio::net
