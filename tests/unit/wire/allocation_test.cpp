// The hot paths allocate nothing once they are warm: a small frame comes in, its packet is decoded,
// the JSON is read, and an answer is framed. Under the sanitizers frames are not pooled, and so not
// counted.
#include "socketio/value.hpp"
#include "support/counted_allocations.hpp"
#include "wire/json.hpp"
#include "wire/permessage_deflate.hpp"
#include "wire/socket_packet.hpp"
#include "wire/ws_frame.hpp"

#include <gtest/gtest.h>

namespace socketio::wire {
namespace {

using test::allocations, test::live_bytes, test::peak_bytes;

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

// A gigabyte of zeros in a megabyte: blocks that inflate to a megabyte each, one after the other.
std::string bomb() {
  std::string block;
  deflater(deflate_format::raw, 9, 9, 15).add_message(std::string(1 << 20, '\0'), block);
  std::string out;
  for (int i = 0; i < 1024; ++i) out.append(block).append("\x00\x00\xff\xff", i < 1023 ? 4 : 0);
  return out;
}

std::string masked(std::string_view payload) {
  char header[10];
  const std::size_t length = write_ws_header(ws_opcode::text, payload.size(), header);
  header[0] = static_cast<char>(header[0] | 0x40);
  header[1] = static_cast<char>(header[1] | 0x80);
  return std::string(header, length).append(4, '\0').append(payload);  // a mask of zeros
}

// CP-08
TEST(Bomb, of_a_gigabyte_costs_no_more_than_the_limit_allows) {
  const std::string compressed = bomb();
  EXPECT_LT(compressed.size(), 1'200'000u);
  for (const bool alone : {true, false}) {
    for (const std::size_t limit : {1'000'000u, 2'000'000u}) {
      std::string bytes = masked(std::string_view(compressed).substr(0, limit - 1));
      const long before = live_bytes;
      peak_bytes = live_bytes;
      {
        const auto workspace = std::make_shared<deflate_workspace>(deflate_options{});
        ws_decoder decoder({.message_bytes_max = limit},
                           std::make_unique<permessage_deflate>(
                               workspace, deflate_parameters{alone, alone, 15, 15}));
        std::span<char> buffer(bytes);
        const ws_event event = decoder.feed(buffer);
        EXPECT_EQ(event.what, ws_event::kind::failed);
        EXPECT_EQ(event.code, 1009);
      }
#if !SOCKETIO_ANY_SANITIZER
      // The message up to the limit, what a growing buffer was before, and zlib's window.
      EXPECT_LT(peak_bytes - before, static_cast<long>(limit + limit / 2 + 64 * 1024));
      EXPECT_GT(peak_bytes - before, static_cast<long>(limit));
#endif
      EXPECT_EQ(live_bytes, before);
    }
  }
}

// A connection that has agreed on the extension and rests; what both sides keep is let go or
// shared.
TEST(IdleConnection, costs_little_with_the_extension) {
  SOCKETIO_SKIP_UNLESS_COUNTED();
  const auto workspace = std::make_shared<deflate_workspace>(deflate_options{});
  const long before = live_bytes;
  const ws_decoder plain({});
  EXPECT_EQ(live_bytes, before);
  EXPECT_LE(sizeof(ws_decoder), 24u);
  const ws_decoder idle(
      {}, std::make_unique<permessage_deflate>(workspace, deflate_parameters{true, true, 15, 15}));
  EXPECT_LE(live_bytes - before, 160);
}

// What docs/compression.md says of contexts.
TEST(ContextTakeover, costs_what_the_documentation_says) {
  SOCKETIO_SKIP_UNLESS_COUNTED();
  const auto workspace = std::make_shared<deflate_workspace>(deflate_options{});
  permessage_deflate one(workspace, {false, false, 15, 15});
  const auto sent = frame::text({std::string(2000, 'x')}, frame_class::event);
  std::string received;
  deflater(deflate_format::raw, -1, 8, 15).add_message(std::string(2000, 'x'), received);
  std::string_view plain;
  // The shared buffers come first.
  permessage_deflate warm(workspace, {false, false, 15, 15});
  static_cast<void>(warm.deflate(sent, {}));
  static_cast<void>(warm.inflate(received, 10'000, plain));
  const long before = live_bytes;
  static_cast<void>(one.deflate(sent, {}));
  const long writing = live_bytes - before;
  static_cast<void>(one.inflate(received, 10'000, plain));
  const long reading = live_bytes - before - writing;
  EXPECT_NEAR(static_cast<double>(writing), 264 * 1024, 10 * 1024);
  EXPECT_NEAR(static_cast<double>(reading), 40 * 1024, 2 * 1024);
}

TEST(JsonReader, lets_go_of_what_a_long_text_needed) {
  json_reader reader;
  const long before = live_bytes;
  {
    const std::string text = "[{\"a\":\"" + std::string(1'000'000, 'x') + "\"}]";
    ASSERT_TRUE(reader.parse(text));
#if !SOCKETIO_ANY_SANITIZER
    EXPECT_GT(live_bytes, before + 3'000'000);
#endif
  }
  reader.trim();
#if !SOCKETIO_ANY_SANITIZER
  EXPECT_LT(live_bytes, before + 64 * 1024);
#endif
  const auto again = reader.parse("[{\"a\":7}]");
  ASSERT_TRUE(again);
  EXPECT_EQ(value::from(*again).to_string(), "[{\"a\":7}]");
}

}  // namespace
}  // namespace socketio::wire
