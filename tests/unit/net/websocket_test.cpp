// WebSocket connections as a peer sees them: handshake, messages in both directions, fragments,
// control frames, a peer that does not read. websocket_close_test.cpp has every way to end.
#include "net/websocket_connection.hpp"
#include "unit/net/websocket_fixture.hpp"

#include <gtest/gtest.h>

namespace socketio::test {
namespace {

class WebSocket : public websocket_fixture {};

// ---- handshake

TEST_F(WebSocket, the_accept_value_is_that_of_the_rfc) {
  serve();
  raw_client client(port);
  client.send(
      get("/ws",
          "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  const auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response.status, 101u);
  EXPECT_EQ(response.headers.at("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(response.headers.at("upgrade"), "websocket");
  EXPECT_EQ(response.headers.at("connection"), "Upgrade");
  EXPECT_FALSE(response.has("content-length"));
  EXPECT_FALSE(response.has("sec-websocket-protocol"));
}

TEST_F(WebSocket, WS05_the_first_offered_sub_protocol_is_chosen) {
  serve();
  raw_client client(port);
  client.send(get("/ws",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                  "Sec-WebSocket-Protocol: one , two\r\n"));
  EXPECT_EQ(client.read_response().headers.at("sec-websocket-protocol"), "one");
}

TEST_F(WebSocket, WS04_extra_headers_are_part_of_the_101) {
  handler = [this](std::shared_ptr<net::exchange> request) {
    request->extra_headers().add("Access-Control-Allow-Origin", "*");
    websocket = request->accept_websocket(websocket_limits);
  };
  serve();
  raw_client client(port);
  client.send(get("/ws",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  EXPECT_EQ(client.read_response().headers.at("access-control-allow-origin"), "*");
}

TEST_F(WebSocket, a_bad_handshake_is_answered_with_400) {
  const std::string upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::vector<std::string> requests{
      get("/", upgrade + version),
      get("/", upgrade + key),
      get("/", upgrade + version + "Sec-WebSocket-Key: short\r\n"),
      get("/", upgrade + version + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=!\r\n"),
      get("/", upgrade + "Sec-WebSocket-Version: 8\r\n" + key),
      "GET / HTTP/1.0\r\nHost: x\r\n" + upgrade + version + key + "\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\n" + upgrade + version + key + "\r\n",
      get("/", "Content-Length: 1\r\n" + upgrade + version + key) + "x",
      get("/", version + key),  // no upgrade asked for
  };
  serve();
  for (const std::string& request : requests) {
    raw_client client(port);
    client.send(request);
    const auto response = client.read_response();
    ASSERT_TRUE(response) << request;
    EXPECT_EQ(response.status, 400u) << request;
    EXPECT_TRUE(client.sees_end()) << request;
  }
  EXPECT_TRUE(accepted.empty());
  EXPECT_TRUE(all_connections_end());
}

TEST_F(WebSocket, an_unsupported_version_is_told_which_one_is_supported) {
  serve();
  raw_client client(port);
  client.send(get("/",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  EXPECT_EQ(client.read_response().headers.at("sec-websocket-version"), "13");
}

TEST_F(WebSocket, frames_sent_together_with_the_handshake_are_heard) {
  serve();
  raw_client client(port);
  client.send(get("/ws",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") +
              text_frame("early") + text_frame("bird").substr(0, 3));
  EXPECT_EQ(sink.messages.take(), "t:early");
  client.send(text_frame("bird").substr(3));
  EXPECT_EQ(sink.messages.take(), "t:bird");
}

TEST_F(WebSocket, a_handshake_may_be_answered_later) {
  std::shared_ptr<net::exchange> pending;
  mailbox<int> arrived;
  handler = [&](std::shared_ptr<net::exchange> request) {
    pending = std::move(request);
    arrived.put(0);
  };
  serve();
  raw_client client(port);
  client.send(get("/ws",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") +
              text_frame("patient"));
  ASSERT_TRUE(arrived.take());
  on_shard([&] {
    websocket = pending->accept_websocket(websocket_limits);
    websocket->set_sink(&sink);
    pending.reset();
  });
  EXPECT_EQ(client.read_response().status, 101u);
  EXPECT_EQ(sink.messages.take(), "t:patient");
  client.send(text_frame("and on"));
  EXPECT_EQ(sink.messages.take(), "t:and on");
}

TEST_F(WebSocket, an_upgrade_that_is_refused_leaves_an_http_connection) {
  handler = [](std::shared_ptr<net::exchange> request) {
    request->respond(http_response::text(request->request().upgrade ? 404 : 200, "plain"));
  };
  serve();
  raw_client client(port);
  EXPECT_EQ(client.open_websocket(), 404u);
  client.send(get("/"));
  EXPECT_EQ(client.read_response().status, 200u);
}

TEST_F(WebSocket, answers_before_the_handshake_come_before_the_101) {
  const auto upgrade = handler;
  handler = [upgrade](std::shared_ptr<net::exchange> request) {
    if (request->request().upgrade) return upgrade(std::move(request));
    request->respond(http_response::text(200, "first"));
  };
  serve();
  raw_client client(port);
  client.send(get("/") +
              get("/ws",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  EXPECT_EQ(client.read_response().body, "first");
  EXPECT_EQ(client.read_response().status, 101u);
}

// ---- receiving

TEST_F(WebSocket, WS19_messages_arrive_in_order_and_unmasked) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(text_frame("one") + client_frame(0x82, std::string("\0\xFF", 2)) + text_frame(""));
  EXPECT_EQ(sink.messages.take(), "t:one");
  EXPECT_EQ(sink.messages.take(), std::string("b:\0\xFF", 4));
  EXPECT_EQ(sink.messages.take(), "t:");
}

TEST_F(WebSocket, WS19_every_frame_may_come_byte_by_byte) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  const std::string medium(300, 'm');
  client.send_byte_by_byte(text_frame("tiny") + text_frame(medium) + client_frame(0x89, "beat"));
  EXPECT_EQ(sink.messages.take(), "t:tiny");
  EXPECT_EQ(sink.messages.take(), "t:" + medium);
  EXPECT_EQ(client.read_frame().payload, "beat");
}

TEST_F(WebSocket, WS19_a_frame_may_be_cut_anywhere) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  const std::string bytes = text_frame(std::string(130, 'x')) + text_frame("y");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    client.send(bytes.substr(0, cut));
    on_shard([] {});  // what was sent before is most likely read now
    client.send(bytes.substr(cut));
    ASSERT_EQ(sink.messages.take(), "t:" + std::string(130, 'x')) << "cut at " << cut;
    ASSERT_EQ(sink.messages.take(), "t:y") << "cut at " << cut;
  }
}

TEST_F(WebSocket, WS19_fragments_are_joined_around_control_frames) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(client_frame(0x01, "a") + client_frame(0x89, "p1") + client_frame(0x00, "b"));
  EXPECT_EQ(client.read_frame().payload, "p1");
  EXPECT_TRUE(sink.messages.empty());
  client.send(client_frame(0x8A, "unasked pong") + client_frame(0x80, "c"));
  EXPECT_EQ(sink.messages.take(), "t:abc");
}

TEST_F(WebSocket, a_message_larger_than_the_receive_buffer_arrives_whole) {
  websocket_limits.message_bytes_max = 5'000'000;
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  std::string big(3'000'000, 'x');
  for (std::size_t i = 0; i < big.size(); i += 997) big[i] = static_cast<char>('a' + i % 26);
  client.send(client_frame(0x82, big) + text_frame("next"));
  EXPECT_TRUE(sink.messages.take() == "b:" + big);
  EXPECT_EQ(sink.messages.take(), "t:next");
}

TEST_F(WebSocket, a_message_of_exactly_the_limit_is_accepted) {
  websocket_limits.message_bytes_max = 1000;
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(text_frame(std::string(1000, 'x')));
  EXPECT_EQ(sink.messages.take()->size(), 1002u);
}

// ---- sending

TEST_F(WebSocket, the_queue_is_written_when_the_turn_ends) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  on_shard([this] {
    for (int i = 0; i < 1000; ++i) push("4" + std::to_string(i));
    EXPECT_EQ(sink.flushes, 0);
  });
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.read_frame().payload, "4" + std::to_string(i));
  on_shard([this] {
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(sink.flushes, 1);
  });
}

TEST_F(WebSocket, what_the_sink_sends_from_its_callbacks_is_written) {
  sink.on_message = [this](std::string_view text) { push(text); };
  sink.on_flushed = [this] {
    if (sink.flushes < 10) push("again");
  };
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  client.send(text_frame("echo"));
  EXPECT_EQ(client.read_frame().payload, "echo");
  for (int i = 0; i < 9; ++i) EXPECT_EQ(client.read_frame().payload, "again");
  EXPECT_TRUE(client.sees_silence());
}

TEST_F(WebSocket, WS10_a_text_may_be_sent_beside_the_queue) {
  serve();
  raw_client client(port);
  ASSERT_EQ(client.open_websocket(), 101u);
  on_shard([this] { websocket->send_text("3probe"); });
  const auto frame = client.read_frame();
  EXPECT_EQ(frame.opcode, 1u);
  EXPECT_EQ(frame.payload, "3probe");
}

// ---- a peer that does not read

TEST_F(WebSocket, a_peer_that_does_not_read_gets_everything_once_it_reads) {
  serve();
  raw_client client(port, slow_reader);
  ASSERT_EQ(client.open_websocket(), 101u);
  const std::string block(100'000, 'b');
  on_shard([&] {
    for (int i = 0; i < 100; ++i) push(std::to_string(i) + block);
  });
  ASSERT_TRUE(eventually([&] { return on_shard([&] { return queue.inside_frame(); }); }));
  on_shard([this] { EXPECT_FALSE(queue.empty()); });  // ten megabytes do not fit into the kernel
  for (int i = 0; i < 100; ++i) {
    const auto frame = client.read_frame();
    ASSERT_TRUE(frame);
    ASSERT_TRUE(frame.payload == std::to_string(i) + block) << i;
  }
}

TEST_F(WebSocket, pongs_to_a_peer_that_does_not_read_come_down_to_the_last) {
  serve();
  raw_client client(port, slow_reader);
  ASSERT_EQ(client.open_websocket(), 101u);
  on_shard(
      [this] { push(std::string(more_than_the_kernel_takes, 'x')); });  // blocks the connection
  for (int i = 0; i < 10'000; ++i) client.send(client_frame(0x89, "ping " + std::to_string(i)));
  client.send(text_frame("pings are over"));
  ASSERT_TRUE(sink.messages.take());
  EXPECT_EQ(client.read_frame().payload.size(), more_than_the_kernel_takes);
  const auto pong = client.read_frame();
  EXPECT_EQ(pong.opcode, 10u);
  EXPECT_EQ(pong.payload, "ping 9999");
  EXPECT_TRUE(client.sees_silence());
}

TEST_F(WebSocket, our_own_frames_never_cut_into_a_frame_of_the_queue) {
  serve();
  raw_client client(port, slow_reader);
  ASSERT_EQ(client.open_websocket(), 101u);
  const std::string block(5'000'000, 'b');
  on_shard([&] {
    push("1" + block);
    push("2" + block);
  });
  client.send(client_frame(0x89, "now") + text_frame("probe?"));
  ASSERT_TRUE(sink.messages.take());
  on_shard([this] { websocket->send_text("3probe"); });
  EXPECT_TRUE(client.read_frame().payload == "1" + block);
  // Ours come as soon as a frame ends, before what is queued.
  EXPECT_EQ(client.read_frame().payload, "3probe");
  EXPECT_EQ(client.read_frame().payload, "now");
  EXPECT_TRUE(client.read_frame().payload == "2" + block);
}

TEST_F(WebSocket, a_queue_may_go_away_in_the_middle_of_a_frame) {
  serve();
  raw_client client(port, slow_reader);
  ASSERT_EQ(client.open_websocket(), 101u);
  const std::string block(more_than_the_kernel_takes, 'b');
  on_shard([&] {
    push(block);
    push("never");
  });
  ASSERT_TRUE(eventually([&] { return on_shard([&] { return queue.inside_frame(); }); }));
  on_shard([&] {
    websocket->set_queue(nullptr);
    queue.clear();
    websocket->send_text("behind");
  });
  EXPECT_TRUE(client.read_frame().payload == block);
  EXPECT_EQ(client.read_frame().payload, "behind");
  EXPECT_TRUE(client.sees_silence());
}

TEST_F(WebSocket, answers_that_a_peer_provokes_without_reading_are_bounded) {
  sink.on_message = [this](std::string_view) { websocket->send_text(std::string(1000, 'x')); };
  serve();
  raw_client client(port, slow_reader);
  ASSERT_EQ(client.open_websocket(), 101u);
  std::string flood;
  for (int i = 0; i < 50'000; ++i) flood += text_frame("2probe");
  client.send_until_full(flood);
  const auto closing = sink.closings.take();
  ASSERT_TRUE(closing);
  EXPECT_EQ(closing->why, reason::transport_error);
  EXPECT_EQ(closing->what, cause::slow_consumer);
  EXPECT_TRUE(no_connection_is_left());
}

// Every connection holds one of these.
TEST(WebSocketConnection, is_small) { EXPECT_LE(sizeof(net::websocket_connection), 152u); }

}  // namespace
}  // namespace socketio::test
