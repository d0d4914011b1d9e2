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
  // nullptr: it is no more the turn of this middleware.
  http_headers* headers_of(std::size_t turn) noexcept;
  void end(std::size_t turn, http_response answer);  // any thread

 private:
  static constexpr std::size_t over = static_cast<std::size_t>(-1);
  bool take_turn(std::size_t of, std::size_t next) noexcept;
  void run(std::size_t index);
  void on_next(std::size_t index, bool failed);  // any thread
  void go_to(std::size_t index, bool failed);
  void respond(http_response answer);

  std::shared_ptr<net::exchange> request_;  // nullptr: handed on, or answered
  net::engine_hooks::go_on go_on_;
  const std::vector<engine_middleware>& all_;  // of the server, as the hub: on the shard only
  const std::size_t count_;                    // of them
  core::hub& hub_;
  std::shared_ptr<net::loop> home_;
  // Whose turn it is. Who takes it has decided, whatever else is said before the shard carries it
  // out.
  std::atomic<std::size_t> turn_{0};
  bool gone_ = false;  // the connection
};

}  // namespace socketio
