// ack<R...>: how a handler answers later, or with several values. The last parameter of a handler;
// simpler: return the answer. Copyable; the first call answers, later ones are ignored (ACK-02).
// Any thread.
#pragma once

#include "socketio/detail/payload.hpp"

#include <exception>
#include <memory>

namespace socketio {

namespace detail {

// Where the answer to one event goes, also after the handler has returned.
class ack_slot {
 public:
  virtual ~ack_slot() = default;
  virtual void send(
      payload& answer) = 0;  // the first call counts; nothing happens when nobody asked
  virtual void send_error(std::string_view code, std::string_view message) = 0;
  virtual void report(std::exception_ptr what) = 0;  // a coroutine handler threw
};

}  // namespace detail

template <class... Answer>
class ack {
 public:
  ack() = default;  // nobody asked: calls do nothing
  explicit ack(std::shared_ptr<detail::ack_slot> slot) noexcept : slot_(std::move(slot)) {}

  // Whether the client asked for an acknowledgement.
  explicit operator bool() const noexcept { return slot_ != nullptr; }

  void operator()(const Answer&... answer) const {
    if (!slot_) return;
    detail::payload encoded;
    detail::payload::answer(encoded, answer...);
    slot_->send(encoded);
  }

  // Answers {"error":{"code":...,"message":...}}.
  void error(std::string_view code, std::string_view message) const {
    if (slot_) slot_->send_error(code, message);
  }

 private:
  std::shared_ptr<detail::ack_slot> slot_;
};

}  // namespace socketio
