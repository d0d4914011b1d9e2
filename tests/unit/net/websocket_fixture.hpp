// A server whose every upgrade request becomes a WebSocket with a recording sink. The shared part
// of the tests of websocket_connection.
#pragma once

#include "engine/send_queue.hpp"
#include "unit/net/server_fixture.hpp"
#include "wire/frame.hpp"

#include <string>

namespace socketio::test {

struct websocket_closing {
  reason why;
  cause what;
  std::string detail;
};

// Lives on the shard; what it hears goes to the mailboxes.
class recording_sink final : public net::websocket_sink {
 public:
  void on_websocket_message(bool binary, std::string_view data) override {
    messages.put((binary ? "b:" : "t:") + std::string(data));
    if (on_message) on_message(data);
  }
  void on_websocket_flushed() override {
    ++flushes;
    if (on_flushed) on_flushed();
  }
  void on_websocket_closed(reason why, cause what, std::string detail) override {
    closings.put({why, what, std::move(detail)});
    ++times_closed;
  }

  mailbox<std::string> messages;
  mailbox<websocket_closing> closings;
  std::function<void(std::string_view)> on_message;
  std::function<void()> on_flushed;
  int flushes = 0;
  int times_closed = 0;
};

class websocket_fixture : public server_fixture {
 protected:
  websocket_fixture() {
    handler = [this](std::shared_ptr<net::exchange> request) {
      websocket = request->accept_websocket(websocket_limits);
      if (!websocket) return;
      websocket->set_sink(&sink);
      websocket->tell_flushed(true);
      websocket->set_queue(&queue);
      accepted.put(0);
    };
  }
  void TearDown() override {
    if (port != 0) {
      on_shard([this] {
        if (websocket) websocket->abort();
        websocket.reset();
      });
    }
    server_fixture::TearDown();
  }

  // Queues a text frame, as a session does.
  void push(std::string_view text) {
    const wire::frame frame = wire::frame::text({text}, wire::frame_class::event);
    queue.push({&frame, 1}, {.bytes_max = 1u << 30});
    websocket->flush_later();
  }
  bool no_connection_is_left() {
    on_shard([this] { websocket.reset(); });
    return all_connections_end();
  }

  net::websocket_limits websocket_limits;
  // Of the shard:
  std::shared_ptr<net::websocket> websocket;
  engine::send_queue queue;
  recording_sink sink;
  mailbox<int> accepted;
};

}  // namespace socketio::test
