// One request on an http_connection and the right to answer it. The connection refers to it until
// it is answered; the service owns it. An exchange that its service drops unanswered is answered
// with 500, so that no client waits for ever.
#pragma once

#include "net/http.hpp"
#include "net/loop.hpp"

#include <memory>

namespace socketio::net {

class http_connection;

class http_exchange final : public exchange, public std::enable_shared_from_this<http_exchange> {
 public:
  explicit http_exchange(std::shared_ptr<http_connection> connection);
  ~http_exchange() override;

  http_request& request() noexcept override { return request_; }
  http_headers& extra_headers() noexcept override { return extra_; }
  void read_body(std::size_t bytes_max, std::function<void(body_outcome)> done) override;
  void respond(http_response response) override;
  void on_aborted(std::function<void()> gone) override;
  void abort() override;
  bool answered() const noexcept override { return answered_; }
  std::shared_ptr<websocket> accept_websocket(const websocket_limits& limits) override;

  // For the connection.
  void finish_body(body_outcome outcome);  // calls `done`, once
  void connection_ended();                 // aborts the body and tells on_aborted
  bool head_only() const noexcept { return request_.method == "HEAD"; }

 private:
  loop& shard_;
  std::shared_ptr<http_connection> connection_;  // until answered or ended
  http_request request_;
  http_headers extra_;
  std::function<void(body_outcome)> body_done_;
  std::function<void()> gone_;
  bool answered_ = false;
};

}  // namespace socketio::net
