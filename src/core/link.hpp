// The connection under a client, as core sees it: an Engine.IO session of whatever transport.
// Implemented by the server floor over net::engine_session, and by tests. Shard only; nothing here
// calls back into core.
#pragma once

#include "base/session_id.hpp"
#include "engine/options.hpp"
#include "engine/send_queue.hpp"
#include "socketio/disconnect_reason.hpp"
#include "wire/frame.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace socketio::core {

class link {
 public:
  virtual ~link() = default;
  // Queues one packet (a text frame and its attachments).
  virtual engine::send_queue::outcome send(std::span<const wire::frame> group) = 0;
  // Asks for the memory that send() will touch: step 0, and some time later step 1, which follows
  // the pointers that step 0 has fetched.
  virtual void fetch_ahead(int /*step*/) const noexcept {}
  // Nothing is queued and the transport can take something at this instant (VO-01).
  virtual bool writable() const noexcept = 0;
  virtual std::size_t queued_bytes() const noexcept = 0;
  virtual std::string_view transport() const noexcept = 0;  // "polling" or "websocket"
  virtual std::string_view sid() const noexcept = 0;        // as the peer knows the session
  virtual engine::revision spoken() const noexcept { return engine::revision::four; }
  // client::on_closed() follows, but never inside this call. False when that may take long: a
  // polling client has to fetch the close first.
  virtual bool close(reason why, cause what, std::string detail) = 0;
};

}  // namespace socketio::core
