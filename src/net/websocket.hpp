// A server-side WebSocket connection (RFC 6455): reads frames from the shard's buffer, hands
// complete messages to its sink, writes what the session's queue holds. Shard only.
#pragma once

#include "base/clock.hpp"
#include "engine/send_queue.hpp"
#include "socketio/disconnect_reason.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::wire {
class deflate_workspace;
class permessage_deflate;
}  // namespace socketio::wire

namespace socketio::net {

struct websocket_limits {
  std::size_t message_bytes_max = 1'000'000;
  std::size_t fragments_max = 1024;   // of one message
  milliseconds close_timeout{5'000};  // for the peer's close frame and for the last bytes
  // For connections that agree on permessage-deflate; nullptr: none does.
  std::shared_ptr<wire::deflate_workspace> deflate = nullptr;
};

// Receives what happens on a WebSocket. No call follows on_websocket_closed.
class websocket_sink {
 public:
  virtual ~websocket_sink() = default;
  // `data` is valid during the call.
  virtual void on_websocket_message(bool binary, std::string_view data) = 0;
  virtual void on_websocket_flushed() = 0;  // the attached queue became empty by writing
  virtual void on_websocket_closed(reason why, cause what, std::string detail) = 0;
};

class websocket {
 public:
  virtual ~websocket() = default;

  // Who is told; nullptr: nobody (the connection goes on until it is closed).
  virtual void set_sink(websocket_sink* sink) = 0;
  // Whether on_websocket_flushed() is called; not at first, because hardly anybody wants to know.
  virtual void tell_flushed(bool wanted) = 0;
  // What was agreed upon to compress messages, nullptr when nothing was. It reads by itself; who
  // queues frames asks it for the compressed ones. Valid as long as the WebSocket is.
  virtual wire::permessage_deflate* extension() const noexcept { return nullptr; }
  // The queue to write from; nullptr: none. Must stay valid until replaced.
  virtual void set_queue(engine::send_queue* queue) = 0;
  // The queue has something; written at the end of the turn.
  virtual void flush_later() = 0;
  // Writes of the queue what the kernel takes now. Nobody is told anything inside this call.
  virtual void write_now() = 0;
  // Reads nothing more of the peer until then; what was read and not yet told waits, in order. A
  // later time replaces an earlier one. Closing ends it.
  virtual void pause_reading(time_point /*until*/) {}
  virtual bool reading_paused() const noexcept { return false; }
  // A text frame outside the queue (the probe of an upgrade).
  virtual void send_text(std::string_view text) = 0;
  // Close frame, by default without status code (WS-06), behind what the queue holds when
  // `after_queue`; then waits for the peer's, at most close_timeout. The sink is not called any
  // more. When the connection ends, whatever the queue still holds is dropped; the queue is not
  // touched after this call unless `after_queue` (it is then moved out of).
  virtual void close(bool after_queue, std::optional<std::uint16_t> code = {},
                     std::string_view text = {}) = 0;
  // Cuts the connection at once. The sink is not called any more.
  virtual void abort() = 0;
};

}  // namespace socketio::net
