// One timer per connection, armed for what it waits for now.
#include "net/http_connection.hpp"

#include <algorithm>
#include <utility>

namespace socketio::net {
namespace {

// Whoever takes so much within request_timeout gets as long for the next.
constexpr std::size_t slowest_bytes = 256 * 1024;

}  // namespace

http_connection::awaiting http_connection::waits_for() const noexcept {
  if (stage_ == stage::closed) return awaiting::nothing;
  if (stage_ == stage::lingering) return awaiting::linger;
  if (output_.bytes() > 0 || (closing_ && blocked_)) return awaiting::writing;
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

}  // namespace socketio::net
