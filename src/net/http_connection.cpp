// The reading side of http_connection and its life; http_connection_output.cpp has the writing
// side.
#include "net/http_connection.hpp"

#include "net/websocket_connection.hpp"
#include "net/websocket_handshake.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace socketio::net {
namespace {

// How often a busy connection is read per turn before others get their chance.
constexpr int reads_per_turn_max = 4;
// While so much of the answers is unsent, no further request is read.
constexpr std::size_t output_bytes_max = 256 * 1024;
// Whoever takes so much within request_timeout gets as long for the next.
constexpr std::size_t slowest_bytes = 256 * 1024;

}  // namespace

http_connection::http_connection(http_environment& environment, stream peer, std::string address,
                                 std::uint16_t port, bool counted)
    : tracked(&environment.open),
      shard_(environment.shard),
      environment_(&environment),
      stream_(std::move(peer)),
      remote_address_(std::move(address)),
      remote_port_(port),
      counted_(counted) {}

void http_connection::start(std::string_view received) {
  if (!received.empty()) take(received);
  move_if_due();
  watch();
  arm_timer();
}

bool http_connection::idle() const noexcept {
  return stage_ == stage::open && slots_.empty() && staged_.empty() &&
         waits_for() == awaiting::request;
}

// ---- bytes

void http_connection::on_readable() {
  reading_ = false;
  for (int i = 0; i < reads_per_turn_max && stage_ != stage::closed; ++i) {
    const auto buffer = shard_.receive_buffer();
    const auto into = buffer.first(std::min(buffer.size(), read_room()));
    if (into.empty()) break;
    const auto got = stream_.read_some(into);
    if (got.would_block()) break;
    if (got.error) return end();
    if (got.bytes == 0) return on_end_of_input();
    take({into.data(), got.bytes});
    if (got.bytes < into.size()) break;  // the socket is empty
  }
  move_if_due();
  watch();
  arm_timer();
}

void http_connection::watch() {
  if (stage_ == stage::closed || reading_ || peer_finished_ || read_room() == 0) return;
  reading_ = true;
  stream_.wait_readable(*this);
}

// Whether the bytes that come next can be parsed now.
bool http_connection::takes_input() const noexcept {
  if (stage_ != stage::open || upgraded_) return false;
  switch (input_) {
    case input::head:
      return parser_ || (slots_.size() < environment_->limits.pipelined_max &&
                         output_bytes_ + answered_bytes_ < output_bytes_max);
    case input::body: return true;
    case input::held:
    case input::upgrading:
    case input::moving:
    case input::finished: return false;
  }
  return false;
}

// What cannot be parsed yet is kept up to the size of a head. As long as there is room, the end of
// the connection is noticed.
std::size_t http_connection::read_room() const noexcept {
  if (stage_ != stage::open || input_ == input::finished || takes_input())
    return shard_.receive_buffer().size();
  const std::size_t limit = environment_->limits.header_bytes_max;
  return staged_.size() < limit ? limit - staged_.size() : 0;
}

void http_connection::take(std::string_view bytes) {
  if (stage_ != stage::open || input_ == input::finished) return;  // read only to see the end
  if (staged_.empty()) {
    keep(bytes.substr(process(bytes)));
  } else {
    staged_.append(bytes);
    const std::string all = std::move(staged_);
    staged_.clear();
    keep(std::string_view(all).substr(process(all)));
  }
}

// Bytes that were kept while nothing could be done with them.
void http_connection::resume() {
  if (staged_.empty() || !takes_input()) return;
  const std::string all = std::move(staged_);
  staged_.clear();
  keep(std::string_view(all).substr(process(all)));
}

void http_connection::keep(std::string_view rest) {
  if (upgraded_) {
    upgraded_->adopt_input(rest);
    upgraded_.reset();
  } else if (stage_ == stage::open && input_ != input::finished) {
    staged_.assign(rest);
    if (rest.empty()) staged_.shrink_to_fit();
  }
}

void http_connection::on_end_of_input() {
  peer_finished_ = true;
  if (stage_ == stage::lingering) return end();
  input_ = input::finished;
  abandon(std::exchange(slots_, {}));
  if (stage_ == stage::closed) return;
  closing_ = true;
  if (output_bytes_ == 0 && !stream_.has_unsent()) return end();
  shard_.mark_dirty(shared_from_this());
}

// ---- requests

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
  if (input_ != input::moving || stage_ != stage::open || !slots_.empty() || output_bytes_ > 0)
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
  http_response response = answer_websocket_handshake(asking.request());
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
  std::string output;
  for (std::size_t i = written_; i < output_.size(); ++i)
    output.append(output_[i], i == written_ ? offset_ : 0);
  append_response_head(response, asking.extra_headers(), {.upgrade = true},
                       environment_->date.at(std::time(nullptr)), output);
  stream_.cancel_waits();
  upgraded_ =
      std::make_shared<websocket_connection>(list(), std::move(stream_), limits, std::move(output));
  upgraded_->flush_later();
  slots_.clear();
  std::shared_ptr<websocket> opened = upgraded_;
  const std::string rest = std::move(staged_);
  const bool parsing = processing_;
  stage_ = stage::closed;
  timer::cancel();
  leave_environment();
  parser_.reset();
  output_ = {};
  if (!parsing) keep(rest);
  return opened;
}

// ---- deadlines

http_connection::awaiting http_connection::waits_for() const noexcept {
  if (stage_ == stage::closed) return awaiting::nothing;
  if (stage_ == stage::lingering) return awaiting::linger;
  if (output_bytes_ > 0 || (closing_ && blocked_)) return awaiting::writing;
  if (input_ == input::body) return awaiting::body;
  if (input_ == input::head && parser_) return awaiting::head;
  if (input_ == input::head && slots_.empty()) return awaiting::request;
  return awaiting::nothing;
}

// A connection that never sent a request gets no longer than a head may take.
milliseconds http_connection::timeout_of(awaiting what) const noexcept {
  const http_limits& limits = environment_->limits;
  switch (what) {
    case awaiting::request: return first_request_ ? limits.head_timeout : limits.keep_alive_timeout;
    case awaiting::head: return limits.head_timeout;
    case awaiting::body:
    case awaiting::writing: return limits.body_timeout;
    case awaiting::linger: return limits.linger_timeout;
    case awaiting::nothing: break;
  }
  return milliseconds::max();
}

// When the time is over even for a peer that makes progress.
time_point http_connection::limit_of(awaiting what) const noexcept {
  if (what == awaiting::head || what == awaiting::body) return request_limit_;
  return what == awaiting::writing ? writing_limit_ : time_point::max();
}

void http_connection::arm_timer() {
  const awaiting what = waits_for();
  if (what == armed_for_ && !progress_) return;
  // These follow an answer, for which the application may have worked long.
  const bool after_work = what == awaiting::writing || what == awaiting::linger;
  const time_point now = after_work ? shard_.exact_now() : shard_.now();
  if (what == awaiting::writing && (what != armed_for_ || taken_ >= slowest_bytes)) {
    writing_limit_ = now + environment_->limits.request_timeout;
    taken_ = 0;
  }
  armed_for_ = what;
  progress_ = false;
  if (what == awaiting::nothing) return timer::cancel();
  shard_.timers().arm(*this, std::min(now + timeout_of(what), limit_of(what)));
}

void http_connection::on_expired(time_point) {
  const auto self = shared_from_this();
  const awaiting expired = std::exchange(armed_for_, awaiting::nothing);
  switch (expired) {
    case awaiting::head:
      ++environment_->counters.bad_requests_total;
      parser_.reset();
      refuse(408, "the head of the request took too long");
      break;
    case awaiting::body:
      if (!reader_) return end();
      ++environment_->counters.bad_requests_total;
      parser_.reset();
      refuse_reader(408, "the body of the request took too long");
      break;
    case awaiting::request:
    case awaiting::writing:
    case awaiting::linger: end(); break;
    case awaiting::nothing: break;
  }
}

void http_connection::abort(http_exchange& asking) {
  if (slot* const asked = find(asking)) asked->exchange = nullptr;
  end();
}

void http_connection::cut() {
  const auto self = shared_from_this();
  end();
}

// The end as far as the listener knows: closed, upgraded or handed over.
void http_connection::leave_environment() {
  if (counted_) environment_->peers->counts.leave(remote_address_);
  leave();
}

// Everything ends here; afterwards only completions that find nothing to do.
void http_connection::end() {
  if (stage_ == stage::closed) return;
  stage_ = stage::closed;
  timer::cancel();
  stream_.close();
  leave_environment();
  parser_.reset();
  staged_ = {};
  output_ = {};
  output_bytes_ = 0;
  abandon(std::exchange(slots_, {}));
}

}  // namespace socketio::net
