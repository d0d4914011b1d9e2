// What a WebSocket connection owns only while something is incomplete, blocked or closing.
#pragma once

#include "engine/send_queue.hpp"
#include "net/websocket_connection.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

namespace socketio::net {

struct websocket_connection::extras final : public timer {
  explicit extras(websocket_connection& of) noexcept : owner(of) {}

  bool idle() const noexcept {
    return input.empty() && output.empty() && !pong && !rest && !armed() && !pause;
  }
  void release() noexcept {
    cancel();
    pause.reset();
    input = {};
    input_begin = 0;
    output = {};
    output_after_rest = {};
    pong.reset();
    rest.reset();
  }
  // Returns how many of the bytes were of `output`.
  std::size_t consume_output(std::size_t bytes) noexcept {
    const std::size_t own = std::min(output.size() - written, bytes);
    written += own;
    if (written == output.size()) {
      output = {};
      written = detached = 0;
    }
    return own;
  }
  // The close took too long.
  void on_expired(time_point) override {
    const auto held = owner.shared_from_this();
    held->end();
  }

  // The end of pause_reading().
  struct pause_timer final : timer {
    explicit pause_timer(websocket_connection& of) noexcept : owner(of) {}
    void on_expired(time_point) override {
      const auto held = owner.shared_from_this();
      held->resume_reading();
    }
    websocket_connection& owner;
  };

  websocket_connection& owner;
  std::unique_ptr<pause_timer> pause;      // while nothing is read
  std::string input;                       // the front of an incomplete frame, or a backlog
  std::size_t input_begin = 0;             // of a backlog, what was handed out already
  time_point full_at{};                    // the turn that could not hand out more
  std::string output;                      // frames of our own, in front of the queue
  std::size_t written = 0;                 // of output
  std::size_t detached = 0;                // of output, what came from a queue that went away
  std::optional<std::string> pong;         // the payload of the pong that is due
  std::optional<engine::send_queue> rest;  // what the queue held when it was closed behind it
  std::string output_after_rest;           // the close frame behind that
  std::size_t discarded = 0;
};

inline void websocket_connection::drop_extras_if_idle() noexcept {
  if (extras_ && stage_ == stage::open && extras_->idle()) extras_.reset();
}

}  // namespace socketio::net
