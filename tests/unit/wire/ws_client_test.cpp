// The client's side of WebSocket frames by hand: masked ones are refused, and what is written is
// what a server's decoder reads. `ws` is the judge in ws_frame_vectors_test.cpp.
#include "wire/ws_client.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

namespace socketio::wire {
namespace {

using event_kind = ws_event::kind;

std::uint32_t word(std::string_view mask) {
  std::uint32_t out;
  std::memcpy(&out, mask.data(), sizeof out);
  return out;
}

std::string noise(std::size_t length) {
  static std::mt19937 random(6455);
  std::string out(length, '\0');
  for (char& byte : out) byte = static_cast<char>(random());
  return out;
}

ws_event feed(ws_decoder& decoder, std::string& bytes) {
  std::span<char> buffer(bytes);
  return decoder.feed(buffer);
}

TEST(WsClientDecoder, RFC6455_5_1_a_masked_frame_is_refused) {
  std::string bytes;
  append_masked_frame(ws_opcode::text, "hello", false, word("abcd"), bytes);
  ws_decoder client({}, ws_side::client), server({});
  std::string copy = bytes;
  const ws_event event = feed(client, copy);
  EXPECT_EQ(event.what, event_kind::failed);
  EXPECT_EQ(event.code, 1002);
  EXPECT_EQ(event.data, "frame is masked");
  EXPECT_EQ(feed(server, bytes).data, "hello");
}

TEST(WsClientDecoder, RFC6455_5_1_a_server_still_refuses_what_is_not_masked) {
  std::string bytes;
  append_ws_frame(ws_opcode::text, "hello", bytes);
  ws_decoder client({}, ws_side::client), server({});
  std::string copy = bytes;
  const ws_event event = feed(server, copy);
  EXPECT_EQ(event.code, 1002);
  EXPECT_EQ(event.data, "frame is not masked");
  EXPECT_EQ(feed(client, bytes).data, "hello");
}

TEST(WsClientDecoder, two_bytes_are_enough_to_see_a_mask) {
  std::string bytes = "\x81\x85";
  ws_decoder client({}, ws_side::client);
  EXPECT_EQ(feed(client, bytes).what, event_kind::failed);
}

TEST(WsClientDecoder, leaves_the_payload_as_it_is_and_takes_frame_after_frame) {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u}) {
    const std::string payload = noise(size);
    std::string bytes;
    append_ws_frame(ws_opcode::binary, payload, bytes);
    append_ws_frame(ws_opcode::ping, "p", bytes);
    std::span<char> buffer(bytes);
    ws_decoder client({}, ws_side::client);
    EXPECT_EQ(client.feed(buffer).data, payload);
    EXPECT_EQ(client.feed(buffer).what, event_kind::ping);
    EXPECT_TRUE(buffer.empty());
  }
}

TEST(WsClientDecoder, the_limits_are_the_same) {
  std::string big, parts;
  append_ws_frame(ws_opcode::text, std::string(101, 'x'), big);
  for (const char first : {'\x01', '\x00', '\x00', '\x00'}) parts += {first, '\0'};
  const ws_limits limits{.message_bytes_max = 100, .fragments_max = 3};
  ws_decoder one(limits, ws_side::client), other(limits, ws_side::client);
  EXPECT_EQ(feed(one, big).code, 1009);
  const ws_event event = feed(other, parts);
  EXPECT_EQ(event.code, 1008);
  EXPECT_EQ(event.limit, 3u);
}

// The largest limit that can be asked for is kept as well as it can be reached.
TEST(WsClientDecoder, a_limit_of_fragments_beyond_32_bits_is_no_small_one) {
  ws_decoder decoder({.message_bytes_max = 100, .fragments_max = (std::size_t{1} << 32) + 1},
                     ws_side::client);
  std::string parts{'\x01', '\0'};
  for (int i = 0; i < 10; ++i) parts += {'\0', '\0'};
  EXPECT_EQ(feed(decoder, parts).what, event_kind::need_more);
  EXPECT_TRUE(decoder.inside_message());
}

TEST(WsClientDecoder, says_how_many_bytes_are_missing) {
  const auto missing = [](std::string_view bytes) {
    return ws_decoder::frame_bytes({bytes.data(), bytes.size()}, ws_side::client);
  };
  EXPECT_EQ(missing(""), 2u);
  EXPECT_EQ(missing("\x81"), 1u);
  for (const std::size_t size : {0u, 5u, 125u, 126u, 1000u, 65'536u}) {
    std::string whole;
    append_ws_frame(ws_opcode::text, std::string(size, 'x'), whole);
    const std::size_t head = whole.size() - size;
    for (const std::size_t length : {head, head + size / 2, whole.size()})
      EXPECT_EQ(missing(std::string_view(whole).substr(0, length)), whole.size() - length);
    // a length that is not complete yet: at least the rest of the head
    if (size >= 126) {
      EXPECT_EQ(missing(std::string_view(whole).substr(0, 3)), head - 3);
    }
  }
}

TEST(WsClientDecoder, the_side_makes_no_decoder_larger) {
  EXPECT_EQ(sizeof(ws_decoder), sizeof(ws_limits) + sizeof(void*));
}

// ---- writing

TEST(WsMasked, what_is_written_is_read_by_a_server_at_every_length_and_with_every_mask) {
  ws_decoder server({.message_bytes_max = 200'000});
  std::vector<std::size_t> lengths;
  for (std::size_t length = 0; length < 300; ++length) lengths.push_back(length);
  for (const std::size_t around : {16'384u, 32'768u, 65'535u, 65'536u, 131'072u})
    for (std::size_t length = around - 9; length <= around + 9; ++length) lengths.push_back(length);
  for (const std::size_t length : lengths) {
    const std::string payload = noise(length);
    for (const std::string_view mask : {"\x01\x80\xFF\x42", "abcd"}) {
      // At every alignment: what stands before it shifts where the words begin.
      for (std::size_t before = 0; before < 8; ++before) {
        std::string bytes(before, '#');
        append_masked_frame(ws_opcode::binary, payload, false, word(mask), bytes);
        ASSERT_EQ(bytes.substr(0, before), std::string(before, '#'));
        std::span<char> buffer = std::span<char>(bytes).subspan(before);
        ASSERT_EQ(static_cast<unsigned char>(buffer[1]) & 0x80, 0x80);
        const ws_event event = server.feed(buffer);
        ASSERT_EQ(event.what, event_kind::message) << length;
        ASSERT_TRUE(event.binary);
        ASSERT_TRUE(event.data == payload) << length << ' ' << before;
        ASSERT_TRUE(buffer.empty());
      }
    }
  }
}

TEST(WsMasked, each_byte_meets_the_byte_of_the_mask_that_the_rfc_names) {
  for (std::size_t length = 0; length < 100; ++length) {
    const std::string payload = noise(length), mask = noise(4);
    std::string bytes;
    append_masked_frame(ws_opcode::text, payload, false, word(mask), bytes);
    ASSERT_EQ(bytes.size(), 6 + length);
    ASSERT_EQ(bytes.substr(2, 4), mask);
    for (std::size_t i = 0; i < length; ++i)
      ASSERT_EQ(bytes[6 + i], static_cast<char>(payload[i] ^ mask[i % 4]));
  }
}

TEST(WsMasked, frames_follow_each_other) {
  std::string bytes;
  append_masked_frame(ws_opcode::text, "one", false, word("\x01\x02\x03\x04"), bytes);
  append_masked_frame(ws_opcode::pong, "", false, word("\x05\x06\x07\x08"), bytes);
  append_masked_frame(ws_opcode::binary, "two", false, word("\x09\x0A\x0B\x0C"), bytes);
  std::span<char> buffer(bytes);
  ws_decoder server({});
  EXPECT_EQ(server.feed(buffer).data, "one");
  EXPECT_EQ(server.feed(buffer).what, event_kind::pong);
  EXPECT_EQ(server.feed(buffer).data, "two");
}

TEST(WsMasked, a_packet_goes_as_it_was_made) {
  std::string bytes;
  append_masked_frame(frame::text({"42", "[\"x\"]"}, frame_class::event), word("abcd"), bytes);
  append_masked_frame(frame::binary("\x01\xFF", frame_class::event), word("abcd"), bytes);
  std::span<char> buffer(bytes);
  ws_decoder server({});
  const ws_event text = server.feed(buffer);
  EXPECT_EQ(text.data, "42[\"x\"]");
  EXPECT_FALSE(text.binary);
  const ws_event blob = server.feed(buffer);
  EXPECT_EQ(blob.data, "\x01\xFF");
  EXPECT_TRUE(blob.binary);
}

TEST(WsMasked, the_bit_of_compression_is_set_when_asked_for) {
  std::string bytes;
  append_masked_frame(ws_opcode::text, "x", true, word("abcd"), bytes);
  EXPECT_EQ(static_cast<unsigned char>(bytes[0]), 0xC1);
}

TEST(WsMasked, a_close_frame_has_a_code_and_as_much_reason_as_fits) {
  const auto closed = [](std::optional<std::uint16_t> code, std::string_view reason) {
    std::string bytes;
    append_masked_close(code, reason, word("abcd"), bytes);
    ws_decoder server({});
    const ws_event event = feed(server, bytes);
    EXPECT_EQ(event.what, event_kind::close);
    return std::to_string(event.code) + " " + std::string(event.data);
  };
  EXPECT_EQ(closed(1000, "bye"), "1000 bye");
  EXPECT_EQ(closed({}, "ignored"), "1005 ");
  EXPECT_EQ(closed(1001, std::string(200, 'x')), "1001 " + std::string(123, 'x'));
}

}  // namespace
}  // namespace socketio::wire
