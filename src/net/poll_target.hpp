// A connection as the poller sees it.
#pragma once

namespace socketio::net {

// Each call answers one wait.
class poll_target {
 public:
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;

 protected:
  ~poll_target() = default;
};

}  // namespace socketio::net
