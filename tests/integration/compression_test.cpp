// Compression through the public API and real sockets: a broadcast is compressed once however many
// get it and on however many shards they are, and the counters say so. CP-05, CP-06, WS-18.
#include "integration/running_server.hpp"
#include "support/deflate.hpp"
#include "support/raw_client.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace socketio::test {
namespace {

server_options with_deflate(unsigned threads, deflate_options deflate = {}) {
  server_options options;
  options.threads = threads;
  options.close_timeout = std::chrono::milliseconds(50);
  options.per_message_deflate = deflate;
  return options;
}

class deflating_client {
 public:
  explicit deflating_client(std::uint16_t port) : peer_(port) {
    EXPECT_EQ(peer_.open_websocket("/socket.io/?EIO=4&transport=websocket",
                                   "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
              101u);
    EXPECT_EQ(peer_.read_frame().payload.front(), '0');
    peer_.send(text_frame("40"));
    EXPECT_TRUE(peer_.read_frame().payload.starts_with("40{"));
  }
  // Of a message that is large enough to be compressed.
  std::string read() { return inflated_message(peer_.read_frame().payload); }
  void send(const std::string& text) {
    constexpr unsigned compressed_text = 0x80 | 0x40 | 1;
    peer_.send(client_frame(compressed_text, deflated_message(text)));
  }

 private:
  raw_client peer_;
};

class CompressedBroadcast : public testing::TestWithParam<unsigned> {};

TEST_P(CompressedBroadcast, is_compressed_once_for_two_hundred_members) {
  running_server running(with_deflate(GetParam()));
  running.start();
  std::deque<deflating_client> members;
  for (int i = 0; i < 200; ++i) members.emplace_back(running.io.port());
  const std::string text(8192, 'x');
  for (std::uint64_t round = 1; round <= 3; ++round) {
    running.io.emit("news", text);
    for (auto& one : members) ASSERT_EQ(one.read(), "42[\"news\",\"" + text + "\"]");
    const server_counters counters = running.counters();
    EXPECT_EQ(counters.deflated, round);
    EXPECT_EQ(counters.deflated_out, 200 * round);
    EXPECT_EQ(counters.deflated_out_plain_bytes, 200 * round * (text.size() + 13));
    EXPECT_LT(counters.deflated_out_bytes, counters.deflated_out_plain_bytes / 50);
  }
  // With an attachment there are two messages; and the same from a handler's thread.
  const binary blob(std::vector<std::byte>(5000, std::byte{'y'}));
  running.ask([&] { return running.io.emit("bytes", text, blob); });
  for (auto& one : members) {
    ASSERT_EQ(one.read(), "451-[\"bytes\",\"" + text + "\",{\"_placeholder\":true,\"num\":0}]");
    ASSERT_EQ(one.read(), std::string(5000, 'y'));
  }
  EXPECT_EQ(running.counters().deflated, 5u);
}

INSTANTIATE_TEST_SUITE_P(Shards, CompressedBroadcast, testing::Values(1u, 4u),
                         [](const auto& of) { return "threads_" + std::to_string(of.param); });

TEST(Compression, counters_say_what_came_in_and_went_out) {
  running_server running(with_deflate(1));
  running.io.on("echo", [](std::string_view text) { return text; });
  running.start();
  deflating_client one(running.io.port());
  const std::string text(2000, 'x');
  one.send("421[\"echo\",\"" + text + "\"]");
  EXPECT_EQ(one.read(), "431[\"" + text + "\"]");
  const server_counters counters = running.counters();
  EXPECT_EQ(counters.deflated_in, 1u);
  EXPECT_EQ(counters.deflated_in_plain_bytes, text.size() + 14);
  EXPECT_LT(counters.deflated_in_bytes, 60u);
  EXPECT_EQ(counters.deflated_out, 1u);
  EXPECT_EQ(counters.deflated, 1u);
}

TEST(Compression, of_polling_answers_is_counted) {
  running_server running;
  running.start();
  raw_client peer(running.io.port());
  const std::string path = "/socket.io/?EIO=4&transport=polling";
  peer.send(get(path));
  const std::string open = peer.read_response().body;
  const std::string sid = open.substr(open.find("sid\":\"") + 6, 20);
  peer.send(post(path + "&sid=" + sid, "40"));
  EXPECT_EQ(peer.read_response().body, "ok");
  peer.send(get(path + "&sid=" + sid));
  EXPECT_TRUE(peer.read_response().body.starts_with("40{"));
  running.io.emit("news", std::string(5000, 'x'));
  peer.send(get(path + "&sid=" + sid, "Accept-Encoding: gzip\r\n"));
  const raw_response answer = peer.read_response();
  EXPECT_EQ(answer.headers.at("content-encoding"), "gzip");
  const server_counters counters = running.counters();
  EXPECT_EQ(counters.http_compressed, 1u);
  EXPECT_EQ(counters.http_compressed_plain_bytes, 5013u);
  EXPECT_EQ(counters.http_compressed_bytes, answer.body.size());
}

}  // namespace
}  // namespace socketio::test
