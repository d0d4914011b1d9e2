// Middlewares: of a namespace (may a client connect?) and of a socket (what happens to an incoming
// event?).
#pragma once

#include "socketio/detail/plain_function.hpp"
#include "socketio/value.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace socketio {

// Why a client may not join: becomes CONNECT_ERROR {"message":...,"data":...} (NS-11). Throw it,
// return it, or pass it to next().
class connect_error : public std::exception {
 public:
  explicit connect_error(std::string message, std::optional<value> data = std::nullopt);
  connect_error(const connect_error& other);
  connect_error(connect_error&& other) noexcept;
  connect_error& operator=(const connect_error& other);
  connect_error& operator=(connect_error&& other) noexcept;
  ~connect_error() override;
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const noexcept { return message_; }
  const std::optional<value>& data() const noexcept { return data_; }

 private:
  std::string message_;
  std::optional<value> data_;
};

// Lets the chain go on, or stops it with an error. Copyable; the first call counts. Any
// thread.
class next_fn {
 public:
  explicit next_fn(std::function<void(std::optional<connect_error>)> go);
  void operator()() const;
  void operator()(connect_error why) const;
  void operator()(const std::string& message) const;

 private:
  struct state;
  std::shared_ptr<state> go_;
};

// An incoming event as event middlewares see it; they may change name and arguments.
struct event_packet {
  std::string name;
  std::vector<value> arguments;
  bool wants_ack = false;
};

using event_middleware = detail::plain_function<void(event_packet&, next_fn)>;

}  // namespace socketio
