#include "net/tls_handshake.hpp"

#include <string_view>
#include <utility>

namespace socketio::net {
namespace {

// About ten milliseconds with RSA.
constexpr unsigned steps_per_turn_max = 16;
constexpr std::size_t discarded_bytes_max = 1024 * 1024;

constexpr std::string_view plain_http_answer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Connection: close\r\nContent-Length: 38\r\n\r\nthis port speaks HTTPS, not plain HTTP";

}  // namespace

tls_handshake::tls_handshake(http_environment& environment, stream peer, std::string address,
                             std::uint16_t port, bool counted)
    : tracked(&environment.open),
      environment_(&environment),
      stream_(std::move(peer)),
      remote_address_(std::move(address)),
      remote_port_(port),
      counted_(counted),
      place_(environment.handshakes.begin(*this, stream_.shard().exact_now())) {}

tls_handshake::~tls_handshake() { end(); }

void tls_handshake::start() {
  loop& shard = stream_.shard();
  shard.timers().arm(*this, shard.exact_now() + environment_->tls->handshake_timeout);
  stream_.wait_readable(*this);
}

void tls_handshake::on_readable() {
  if (stage_ == stage::lingering) return discard();
  if (stage_ != stage::shaking) return;
  environment_->handshakes.hear(place_, stream_.shard().now());
  if (!environment_->handshakes.may_step(stream_.shard().now(), steps_per_turn_max)) {
    stream_.tls()->come_back();
    return stream_.wait_readable(*this);
  }
  shake();
}

void tls_handshake::on_writable() { on_readable(); }

void tls_handshake::shake() {
  switch (stream_.tls()->shake_hands()) {
    case tls_session::progress::waits: return stream_.wait_readable(*this);
    case tls_session::progress::done: return succeed();
    case tls_session::progress::failed: return fail();
  }
}

void tls_handshake::succeed() {
  const auto self = shared_from_this();
  http_environment& environment = *environment_;
  ++environment.counters.tls_handshakes_total;
  stream_.cancel_waits();
  stream peer = std::move(stream_);
  leave_stage(stage::ended);
  leave();
  std::make_shared<http_connection>(environment, std::move(peer), std::move(remote_address_),
                                    remote_port_, counted_)
      ->start();
}

void tls_handshake::fail() {
  ++environment_->counters.tls_failed_total;
  if (stream_.tls()->spoke_http()) stream_.tls()->write_raw(plain_http_answer);
  stream_.shut_down_writing();
  leave_stage(stage::lingering);
  loop& shard = stream_.shard();
  shard.timers().arm(*this, shard.exact_now() + environment_->limits.linger_timeout);
  discard();
}

void tls_handshake::discard() {
  for (;;) {
    const auto got = stream_.tls()->discard(stream_.shard().receive_buffer());
    if (got.would_block()) return stream_.wait_readable(*this);
    discarded_ += got.bytes;
    if (got.error || got.bytes == 0 || discarded_ > discarded_bytes_max) return end();
  }
}

// Whoever waits to be accepted may come in place of this one.
void tls_handshake::leave_stage(stage next) {
  timer::cancel();
  if (std::exchange(stage_, next) == stage::shaking) environment_->handshakes.end(place_);
}

void tls_handshake::end() {
  if (stage_ == stage::ended) return;
  leave_stage(stage::ended);
  stream_.close();
  if (counted_) environment_->peers->counts.leave(remote_address_);
  leave();
}

void tls_handshake::on_expired(time_point) { give_up(); }

void tls_handshake::give_up() {
  const auto self = shared_from_this();
  if (stage_ == stage::shaking) ++environment_->counters.tls_failed_total;
  end();
}

void tls_handshake::cut() {
  const auto self = shared_from_this();
  end();
}

}  // namespace socketio::net
