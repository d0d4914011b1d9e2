// A message through the driver allocates nothing once a session is warm: in from the WebSocket, up
// to the sink, back into the queue, and out again. Under the sanitizers frames are not pooled, and
// so not counted.
#include "support/counted_allocations.hpp"
#include "unit/net/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <array>

namespace socketio::net::testing {
namespace {

using socketio::test::allocations;

// Writes by throwing away.
struct null_websocket final : websocket {
  void set_sink(websocket_sink* told) override { sink = told; }
  void tell_flushed(bool) override {}
  void set_queue(engine::send_queue* from) override { queue = from; }
  void flush_later() override { dirty = true; }
  void write_now() override {}
  void send_text(std::string_view) override {}
  void close(bool, std::optional<std::uint16_t>, std::string_view) override { sink = nullptr; }
  void abort() override { sink = nullptr; }
  void flush() {
    if (!std::exchange(dirty, false)) return;
    std::array<iovec, 64> pieces;
    while (const std::size_t count = queue->gather(pieces)) {
      std::size_t bytes = 0;
      for (std::size_t i = 0; i < count; ++i) bytes += pieces[i].iov_len;
      written += bytes;
      queue->consume(bytes);
    }
  }
  websocket_sink* sink = nullptr;
  engine::send_queue* queue = nullptr;
  std::size_t written = 0;
  bool dirty = false;
};

struct null_exchange final : exchange {
  http_request& request() noexcept override { return head; }
  http_headers& extra_headers() noexcept override { return extra; }
  void read_body(std::size_t, std::function<void(body_outcome)>) override {}
  void respond(http_response) override {}
  void on_aborted(std::function<void()>) override {}
  void abort() override {}
  bool answered() const noexcept override { return false; }
  std::shared_ptr<websocket> accept_websocket(const websocket_limits&) override { return over; }
  http_request head;
  http_headers extra;
  std::shared_ptr<null_websocket> over = std::make_shared<null_websocket>();
};

struct echo_sink final : session_sink {
  void on_message(engine::message_kind, std::string_view data) override {
    const auto answer = wire::frame::text({"4", data}, wire::frame_class::ack);
    to->send({&answer, 1});
  }
  void on_upgraded() override {}
  void on_closed(const disconnect_reason&) override {}
  engine_session* to = nullptr;
};

TEST(EngineHotPath, an_echo_over_websocket_allocates_nothing) {
  SOCKETIO_SKIP_UNLESS_COUNTED();
  virtual_shard shard;
  counting_random random;
  engine::options options;
  echo_sink sink;
  engine_hooks hooks;
  hooks.on_session = [&sink](engine_session& opened, const http_request&) {
    sink.to = &opened;
    return &sink;
  };
  engine_server server(shard, random, options, nullptr, hooks);
  const auto request = std::make_shared<null_exchange>();
  request->head.method = "GET";
  request->head.query = http_query("EIO=4&transport=websocket");
  request->head.upgrade = true;
  server.handle(request);
  null_websocket& peer = *request->over;
  shard.run_posted();
  peer.flush();

  constexpr int window = 10;  // messages of one turn
  const std::string_view message = "42[\"echo\",\"a message of a usual length\"]";
  long before = 0;
  for (int round = 0; round < 100; ++round) {
    if (round == 50) before = allocations;
    for (int i = 0; i < window; ++i) peer.sink->on_websocket_message(false, message);
    peer.flush();
  }
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(server.counters().messages_in, 100u * window);
  EXPECT_GT(peer.written, 100 * window * message.size());
}

}  // namespace
}  // namespace socketio::net::testing
