// Middlewares: of a namespace (may a client connect?) and of a socket (what happens to an incoming
// event?).
#pragma once

#include "socketio/value.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace socketio {

// Why a client may not join: becomes CONNECT_ERROR {"message":...,"data":...} (NS-11). Throw it,
// return it, or pass it to next().
class connect_error : public std::runtime_error {
 public:
  explicit connect_error(const std::string& message, std::optional<value> data = std::nullopt)
      : std::runtime_error(message), data_(std::move(data)) {}
  const std::optional<value>& data() const noexcept { return data_; }

 private:
  std::optional<value> data_;
};

// Lets the chain go on, or stops it with an error. Copyable; the first call counts. Any
// thread.
class next_fn {
 public:
  explicit next_fn(std::function<void(std::optional<connect_error>)> go)
      : go_(std::make_shared<state>(std::move(go))) {}
  void operator()() const { go_->run(std::nullopt); }
  void operator()(connect_error why) const { go_->run(std::move(why)); }
  void operator()(const std::string& message) const { go_->run(connect_error(message)); }

 private:
  struct state {
    explicit state(std::function<void(std::optional<connect_error>)> what) : go(std::move(what)) {}
    void run(std::optional<connect_error> why) {
      if (called.test_and_set()) return;
      const auto call = std::move(go);
      call(std::move(why));
    }
    std::function<void(std::optional<connect_error>)> go;
    std::atomic_flag called;
  };
  std::shared_ptr<state> go_;
};

// An incoming event as event middlewares see it; they may change name and arguments.
struct event_packet {
  std::string name;
  std::vector<value> arguments;
  bool wants_ack = false;
};

using event_middleware = std::function<void(event_packet&, next_fn)>;

}  // namespace socketio
