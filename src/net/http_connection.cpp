// The bytes that come and the life of an http_connection. What they mean is in
// http_connection_requests.cpp, the writing side in http_connection_output.cpp.
#include "net/http_connection.hpp"

#include "net/websocket_connection.hpp"

#include <algorithm>
#include <utility>

namespace socketio::net {
namespace {

// How often a busy connection is read per turn before others get their chance.
constexpr int reads_per_turn_max = 4;
// While so much of the answers is unsent, no further request is read.
constexpr std::size_t output_bytes_max = 256 * 1024;

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
                         output_.bytes() + answered_bytes_ < output_bytes_max);
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
  if (output_.bytes() == 0 && !stream_.has_unsent()) return end();
  shard_.mark_dirty(shared_from_this());
}

// ---- the end

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
  abandon(std::exchange(slots_, {}));
}

}  // namespace socketio::net
