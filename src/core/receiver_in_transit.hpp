// The receiver of an acknowledgement on its way to the shard: whoever asked on another thread. When
// the shard stops before it arrives, it settles as disconnected, so that no coroutine waits for
// ever.
#pragma once

#include "socketio/broadcast.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace socketio::core {

template <class Receiver>
class receiver_in_transit {
 public:
  explicit receiver_in_transit(std::unique_ptr<Receiver> what) noexcept
      : receiver_(std::move(what)) {}
  receiver_in_transit(const receiver_in_transit&) = delete;
  receiver_in_transit& operator=(const receiver_in_transit&) = delete;
  ~receiver_in_transit() {
    if (receiver_) fail(*receiver_);  // user code in a destructor: nothing may leave it
  }

  std::unique_ptr<Receiver> take() noexcept { return std::move(receiver_); }
  Receiver* get() const noexcept { return receiver_.get(); }

 private:
  static void fail(detail::ack_receiver& to) noexcept {
    try {
      to.on_failure(errc::disconnected);
    } catch (...) {  // the server that it would be reported to is gone
    }
  }
  static void fail(detail::broadcast_receiver& to) noexcept {
    try {
      to.on_end(make_error_code(errc::disconnected), {});
    } catch (...) {
    }
  }
  template <class Found>  // of fetch_sockets()
  static void fail(const std::function<void(std::vector<Found>)>& to) noexcept {
    try {
      to({});
    } catch (...) {
    }
  }
  std::unique_ptr<Receiver> receiver_;
};

}  // namespace socketio::core
