// One connection to the server as a manager sees it: an Engine.IO session and the transports below.
// Implemented by engine_connection.hpp; tests have their own. Reactor only.
#pragma once

#include "base/clock.hpp"
#include "socketio/client_options.hpp"
#include "wire/frame.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::client_side {

// Not owned. No call follows on_failed() or on_closed(), nor the destructor of the connection or
// close().
class connection_sink {
 public:
  virtual void on_open() = 0;
  // Instead of on_open(): the attempt has failed.
  virtual void on_failed(connect_failure why) = 0;
  virtual void on_message(bool binary, std::string_view data) = 0;
  virtual void on_ping() = 0;
  virtual void on_upgrade() = 0;
  virtual void on_upgrade_failed(connect_failure why) = 0;
  // Everything that was sent has been taken by the operating system.
  virtual void on_drained() = 0;
  // `error`: of the transport, if that is why.
  virtual void on_closed(client_disconnect why, const connect_failure* error) = 0;
  virtual ~connection_sink() = default;
};

// May be destroyed inside of any call of its sink.
class connection {
 public:
  virtual ~connection() = default;  // cuts it

  // False: it is closing, nothing was taken.
  virtual bool send(std::span<const wire::frame> group) = 0;
  // `told` is called when the server has read what was sent until now; never, when the connection
  // ends before. One at a time: the last one counts.
  virtual void when_read(std::function<void()> told) = 0;
  // Goes on by itself behind what was sent, at most close_timeout; `ended` is called then, unless
  // this is destroyed before. The sink is not called any more. The `last` frames go out when the
  // server has read what was sent before, or has had its time for that.
  virtual void close(std::vector<wire::frame> last, std::function<void(bool all_read)> ended) = 0;
  // Behind close(): waits for nobody any more. What the kernel takes at the end of the turn leaves.
  virtual void hurry() = 0;
  // Ends it now; the sink hears that.
  virtual void abort(client_reason why, std::string description) = 0;

  virtual bool writable() const noexcept = 0;  // VO-03
  virtual bool ping_expired() const noexcept = 0;
  virtual std::size_t queued_bytes() const noexcept = 0;
  // The server is known to have read every event that was sent.
  virtual bool all_read() const noexcept = 0;
  virtual const std::string& sid() const noexcept = 0;
  virtual std::string_view transport() const noexcept = 0;
};

// What differs from attempt to attempt (CM-21).
struct connection_facts {
  name_value_list query, extra_headers;
  std::vector<std::string> transports;
};
using connection_factory =
    std::function<std::unique_ptr<connection>(const connection_facts&, connection_sink&)>;

}  // namespace socketio::client_side
