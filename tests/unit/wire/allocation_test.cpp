// The hot paths allocate nothing once they are warm: a small frame comes in, its packet is decoded,
// the JSON is read, and an answer is framed. Under the sanitizers frames are not pooled, and so not
// counted.
#include "support/counted_allocations.hpp"
#include "wire/json.hpp"
#include "wire/socket_packet.hpp"
#include "wire/ws_frame.hpp"

#include <gtest/gtest.h>

namespace socketio::wire {
namespace {

using test::allocations;

TEST(HotPath, receiving_and_answering_a_small_event_allocates_nothing) {
  SOCKETIO_SKIP_UNLESS_COUNTED();
  std::string wire;
  const std::string text = R"(421["echo",{"a":[1,2.5,"text"],"b":null}])";
  wire += '\x81';
  wire += static_cast<char>(0x80 | text.size());
  wire += std::string("\x01\x02\x03\x04", 4);
  for (std::size_t i = 0; i < text.size(); ++i) wire += static_cast<char>(text[i] ^ (1 + i % 4));

  ws_decoder decoder({});
  json_reader reader;
  packet_decoder packets;
  std::string buffer, answer;
  std::vector<std::span<const std::byte>> attachments;
  std::vector<frame> group;
  long before = 0;
  for (int round = 0; round < 100; ++round) {
    if (round == 10) before = allocations;
    buffer.assign(wire);
    std::span<char> bytes(buffer);
    const ws_event event = decoder.feed(bytes);
    ASSERT_EQ(event.what, ws_event::kind::message);
    const auto packet = packets.on_text(event.data.substr(1), reader, {});
    ASSERT_TRUE(packet && packet->has_value());
    answer.clear();
    json_output out(answer, attachments);
    out.begin_array(1);
    out.string("ok");
    out.number(0.1);
    out.end_array();
    group.clear();
    encode_packet(packet_type::ack, (*packet)->nsp, (*packet)->id, answer, attachments,
                  frame_class::ack, group);
  }
  EXPECT_EQ(group.front().packet(), R"(431["ok",0.1])");
  EXPECT_EQ(allocations - before, 0);
}

}  // namespace
}  // namespace socketio::wire
