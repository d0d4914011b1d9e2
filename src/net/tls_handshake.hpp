// A TCP connection from accept() to the end of its TLS handshake; then it becomes an
// http_connection. Who fails is told why, as far as he understands it: an alert, or for a request
// in plain HTTP a 400; then what he still sends is thrown away for a moment, because closing at
// once would take the answer away from him.
//
// A handshake is a signature, about a millisecond of the shard. When many come at once only a few
// are dealt with per turn, so that the connections that are there already go on. Whoever waits for
// that is not silent.
//
// Tested by tests/unit/net/tls_handshake_test.cpp.
#pragma once

#include "net/http_connection.hpp"

#include <memory>
#include <string>

namespace socketio::net {

class tls_handshake final : public tracked,
                            private timer,
                            public std::enable_shared_from_this<tls_handshake> {
 public:
  // `peer` has a TLS session that is new. `counted`: by the environment's peer_limit.
  tls_handshake(http_environment& environment, stream peer, std::string address, std::uint16_t port,
                bool counted);
  ~tls_handshake() override;

  void start();
  void give_up();  // another one takes its place

  // For the poller.
  void on_readable() override;
  void on_writable() override;

 private:
  enum class stage : std::uint8_t { shaking, lingering, ended };

  void shake();
  void succeed();
  void fail();
  void discard();
  void leave_stage(stage next);
  void end();
  void on_expired(time_point) override;
  void cut() override;
  bool idle() const noexcept override { return true; }

  http_environment* environment_;  // valid while not ended
  stream stream_;
  std::string remote_address_;
  std::uint16_t remote_port_;
  bool counted_;
  handshakes_under_way::place place_;  // while shaking
  stage stage_ = stage::shaking;
  std::size_t discarded_ = 0;
};

}  // namespace socketio::net
