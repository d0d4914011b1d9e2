// The middlewares of io.engine().use() for one request: one after the other, each when the one
// before has said next() (HD-10). Tested by tests/integration/engine_middleware_test.cpp.
#pragma once

#include "net/engine_server.hpp"
#include "server/shard.hpp"
#include "socketio/engine.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace socketio {

// Held by every copy of the reply and of next(): when the last one goes, so does the request. What
// is not said to be of any thread is of the shard, or of the middleware that has its turn: then the
// shard touches nothing of it.
class http_reply::state final : public std::enable_shared_from_this<http_reply::state> {
 public:
  state(std::shared_ptr<net::exchange> request, net::engine_hooks::go_on go_on,
        const std::vector<engine_middleware>& all, core::hub& hub, std::shared_ptr<net::loop> home);
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state();  // any thread

  void start();
  // Too late, nobody looks at them.
  http_headers& headers() noexcept { return request_ ? request_->extra_headers() : nobodys_; }
  void end(http_response answer);  // any thread

 private:
  void respond(http_response answer);
  void run(std::size_t index);
  void on_next(std::size_t index, bool failed);  // any thread

  std::shared_ptr<net::exchange> request_;  // nullptr: handed on, or gone
  net::engine_hooks::go_on go_on_;
  const std::vector<engine_middleware>& all_;  // of the server, as the hub
  core::hub& hub_;
  std::shared_ptr<net::loop> home_;
  std::atomic_flag ended_;
  bool gone_ = false;  // the connection
  http_headers nobodys_;
};

}  // namespace socketio
