// See http_exchange.hpp. Tested by tests/unit/net/http_test.cpp.
#include "net/http_exchange.hpp"

#include "net/http_connection.hpp"

#include <utility>

namespace socketio::net {

http_exchange::http_exchange(std::shared_ptr<http_connection> connection)
    : shard_(connection->shard()), connection_(std::move(connection)) {}

http_exchange::~http_exchange() {
  if (connection_) std::exchange(connection_, nullptr)->drop(*this);
}

void http_exchange::read_body(std::size_t bytes_max, std::function<void(body_outcome)> done) {
  if (!connection_) return done(answered_ ? body_outcome::complete : body_outcome::aborted);
  body_done_ = std::move(done);
  connection_->read_body(*this, bytes_max);
}

void http_exchange::respond(http_response response) {
  if (answered_) return;
  answered_ = true;
  gone_ = nullptr;
  if (connection_) std::exchange(connection_, nullptr)->respond(*this, std::move(response));
}

// Whoever asks too late is told too, but never inside this call.
void http_exchange::on_aborted(std::function<void()> gone) {
  if (answered_) return;
  if (connection_) {
    gone_ = std::move(gone);
  } else {
    shard_.post(std::move(gone));
  }
}

void http_exchange::abort() {
  if (answered_) return;
  answered_ = true;
  gone_ = nullptr;
  if (connection_) std::exchange(connection_, nullptr)->abort(*this);
}

std::shared_ptr<websocket> http_exchange::accept_websocket(const websocket_limits& limits) {
  if (answered_ || !connection_) return nullptr;
  answered_ = true;
  gone_ = nullptr;
  return std::exchange(connection_, nullptr)->accept_websocket(*this, limits);
}

void http_exchange::finish_body(body_outcome outcome) {
  if (body_done_) std::exchange(body_done_, nullptr)(outcome);
}

void http_exchange::connection_ended() {
  const auto self = weak_from_this().lock();  // whoever is told may let go of this
  connection_.reset();
  finish_body(body_outcome::aborted);
  if (gone_) std::exchange(gone_, nullptr)();
}

}  // namespace socketio::net
