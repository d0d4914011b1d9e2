// CP-08: a peer whose compressed messages become a thousand times as much gets little of a turn:
// others are served in between, and what waits does not grow.
#include "support/deflate.hpp"
#include "unit/net/websocket_fixture.hpp"
#include "wire/permessage_deflate.hpp"

#include <gtest/gtest.h>

namespace socketio::test {
namespace {

class InflatingWebSocket : public websocket_fixture {
 protected:
  static constexpr std::size_t bombs = 100;

  InflatingWebSocket() {
    websocket_limits.deflate = std::make_shared<wire::deflate_workspace>(deflate_options{});
    serve();
    peer.emplace(port);
    EXPECT_EQ(peer->open_websocket("/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
              101u);
    accepted.take();
    // Whoever else wants something of the shard, from the first message on.
    sink.on_message = [this](std::string_view) {
      ++heard;
      if (heard == 1) shard().post([this] { heard_before_others = heard; });
    };
  }
  // They arrive at once, because the shard waits for them.
  void send_bombs(const std::string& more) {
    constexpr unsigned compressed_text = 0x80 | 0x40 | 1;
    std::string all;
    for (std::size_t i = 0; i < bombs; ++i)
      all += client_frame(compressed_text, deflated_message(plain));
    EXPECT_LT(all.size(), 60'000u);
    on_shard([&] { peer->send(all + more); });
  }

  const std::string plain = std::string(300'000, 'x');
  std::optional<raw_client> peer;
  std::size_t heard = 0, heard_before_others = 0;  // of the shard
};

TEST_F(InflatingWebSocket, CP_08_gives_others_their_turn_and_is_heard_to_the_end) {
  send_bombs(text_frame("last"));
  for (std::size_t i = 0; i < bombs; ++i) ASSERT_EQ(sink.messages.take(), "t:" + plain);
  EXPECT_EQ(sink.messages.take(), "t:last");
  on_shard([this] { EXPECT_LE(heard_before_others, 5u); });
  peer->send(text_frame("and on"));
  EXPECT_EQ(sink.messages.take(), "t:and on");
}

TEST_F(InflatingWebSocket, CP_08_is_heard_to_the_end_when_it_goes_away) {
  send_bombs(client_frame(0x88, ""));
  for (std::size_t i = 0; i < bombs; ++i) ASSERT_EQ(sink.messages.take(), "t:" + plain);
  EXPECT_EQ(sink.closings.take()->what, cause::closed_by_peer);
  EXPECT_TRUE(no_connection_is_left());
}

TEST_F(InflatingWebSocket, CP_08_may_be_closed_while_it_waits) {
  sink.on_message = [this](std::string_view) {
    if (++heard == 5) websocket->close(false, std::nullopt, {});
  };
  send_bombs(client_frame(0x88, ""));
  EXPECT_EQ(peer->read_frame().payload, "");
  EXPECT_TRUE(no_connection_is_left());
  on_shard([this] { EXPECT_EQ(heard, 5u); });
}

}  // namespace
}  // namespace socketio::test
