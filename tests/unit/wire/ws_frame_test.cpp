// WebSocket frames by hand: limits and their numbers, buffers, unmasking, closing. What a client
// may send is compared with `ws` in ws_frame_vectors_test.cpp.
#include "wire/ws_frame.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace socketio::wire {
namespace {

using event_kind = ws_event::kind;

std::string masked(ws_opcode opcode, std::string_view payload, bool fin = true,
                   std::string_view mask = "\x37\xfa\x21\x3d") {
  char header[10];
  const std::size_t length = write_ws_header(opcode, payload.size(), header);
  if (!fin) header[0] = static_cast<char>(header[0] & 0x7F);
  header[1] = static_cast<char>(header[1] | 0x80);
  std::string out(header, length);
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

TEST(WsDecoder, takes_frames_off_the_front_of_the_buffer) {
  std::string bytes = masked(ws_opcode::text, "one") + masked(ws_opcode::binary, "two") + "\x81";
  std::span<char> buffer(bytes);
  ws_decoder decoder({});
  EXPECT_EQ(decoder.feed(buffer).data, "one");
  const ws_event second = decoder.feed(buffer);
  EXPECT_EQ(second.data, "two");
  EXPECT_TRUE(second.binary);
  EXPECT_EQ(decoder.feed(buffer).what, event_kind::need_more);
  EXPECT_EQ(buffer.size(), 1u);
}

TEST(WsDecoder, an_incomplete_frame_stays_as_it_is) {
  const std::string whole = masked(ws_opcode::text, "some text to wait for");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    std::string part = whole.substr(0, length);
    std::span<char> buffer(part);
    ws_decoder decoder({});
    EXPECT_EQ(decoder.feed(buffer).what, event_kind::need_more) << length;
    EXPECT_EQ(buffer.size(), length);
    EXPECT_EQ(part, whole.substr(0, length));
  }
}

TEST(WsDecoder, fragments_in_one_buffer_are_joined_in_one_call) {
  std::string bytes = masked(ws_opcode::text, "a", false) +
                      masked(ws_opcode::continuation, "b", false) +
                      masked(ws_opcode::continuation, "c") + masked(ws_opcode::text, "next");
  std::span<char> buffer(bytes);
  ws_decoder decoder({});
  EXPECT_EQ(decoder.feed(buffer).data, "abc");
  EXPECT_FALSE(decoder.inside_message());
  EXPECT_EQ(decoder.feed(buffer).data, "next");
}

TEST(WsDecoder, knows_when_it_is_inside_a_message) {
  std::string bytes = masked(ws_opcode::text, "a", false);
  std::span<char> buffer(bytes);
  ws_decoder decoder({});
  EXPECT_FALSE(decoder.inside_message());
  EXPECT_EQ(decoder.feed(buffer).what, event_kind::need_more);
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(decoder.inside_message());
}

TEST(WsDecoder, ER11_a_message_over_the_limit_is_refused_when_its_head_is_there) {
  std::string bytes = masked(ws_opcode::binary, std::string(1000, 'x'));
  bytes.resize(4);  // two bytes of head and the length
  std::span<char> buffer(bytes);
  ws_decoder decoder({.message_bytes_max = 999, .fragments_max = 10});
  const ws_event event = decoder.feed(buffer);
  EXPECT_EQ(event.what, event_kind::failed);
  EXPECT_EQ(event.code, 1009);
  EXPECT_EQ(event.data, "message too big");
  EXPECT_EQ(event.got, 1000u);
  EXPECT_EQ(event.limit, 999u);
}

TEST(WsDecoder, ER11_fragments_count_together) {
  std::string bytes = masked(ws_opcode::text, std::string(600, 'x'), false) +
                      masked(ws_opcode::continuation, std::string(401, 'x'));
  std::span<char> buffer(bytes);
  ws_decoder decoder({.message_bytes_max = 1000, .fragments_max = 10});
  const ws_event event = decoder.feed(buffer);
  EXPECT_EQ(event.what, event_kind::failed);
  EXPECT_EQ(event.code, 1009);
  EXPECT_EQ(event.got, 1001u);
  EXPECT_EQ(event.limit, 1000u);
}

TEST(WsDecoder, a_length_that_does_not_fit_is_too_big) {
  std::string bytes("\x82\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10);
  std::span<char> buffer(bytes);
  ws_decoder decoder({.message_bytes_max = SIZE_MAX - 1, .fragments_max = 10});
  EXPECT_EQ(decoder.feed(buffer).code, 1009);
}

TEST(WsDecoder, the_number_of_fragments_has_a_limit) {
  ws_decoder decoder({.message_bytes_max = 1000, .fragments_max = 3});
  std::string bytes =
      masked(ws_opcode::text, "", false) + masked(ws_opcode::continuation, "", false) +
      masked(ws_opcode::continuation, "") + masked(ws_opcode::text, "", false) +
      masked(ws_opcode::continuation, "", false) + masked(ws_opcode::continuation, "", false) +
      masked(ws_opcode::continuation, "");
  std::span<char> buffer(bytes);
  EXPECT_EQ(decoder.feed(buffer).what, event_kind::message);
  const ws_event event = decoder.feed(buffer);
  EXPECT_EQ(event.what, event_kind::failed);
  EXPECT_EQ(event.code, 1008);
  EXPECT_EQ(event.got, 4u);
  EXPECT_EQ(event.limit, 3u);
}

TEST(WsDecoder, two_bytes_are_enough_to_see_a_wrong_opcode) {
  std::string bytes = "\x83\x85";
  std::span<char> buffer(bytes);
  ws_decoder decoder({});
  const ws_event event = decoder.feed(buffer);
  EXPECT_EQ(event.what, event_kind::failed);
  EXPECT_EQ(event.code, 1002);
  EXPECT_EQ(event.data, "unknown opcode");
}

TEST(WsDecoder, says_how_many_bytes_are_missing) {
  const auto missing = [](std::string_view bytes) {
    std::string copy(bytes);
    return ws_decoder::frame_bytes(std::span<const char>(copy.data(), copy.size()));
  };
  EXPECT_EQ(missing(""), 6u);
  EXPECT_EQ(missing("\x81"), 5u);
  for (const std::size_t size : {0u, 5u, 125u, 126u, 1000u, 65'536u}) {
    const std::string whole = masked(ws_opcode::text, std::string(size, 'x'));
    const std::size_t head = whole.size() - size;
    for (const std::size_t length : {head - 4, head - 1, head, head + size / 2}) {
      EXPECT_EQ(missing(std::string_view(whole).substr(0, length)), whole.size() - length);
    }
    // a length that is not complete yet: at least the rest of the head
    if (size >= 126) {
      EXPECT_EQ(missing(whole.substr(0, 3)), head - 3);
    }
    EXPECT_EQ(missing(whole), 0u);
  }
}

TEST(WsEncoder, writes_frames_that_the_decoder_reads_when_masked) {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u}) {
    std::string bytes = masked(ws_opcode::binary, std::string(size, '\xA5'));
    std::span<char> buffer(bytes);
    ws_decoder decoder({});
    EXPECT_EQ(decoder.feed(buffer).data, std::string(size, '\xA5'));
  }
}

TEST(WsEncoder, appends_whole_frames) {
  std::string out = "before";
  append_ws_frame(ws_opcode::pong, "hi", out);
  EXPECT_EQ(out, "before\x8A\x02hi");
}

TEST(WsEncoder, WS06_a_close_frame_has_no_code_unless_asked_for) {
  std::string out;
  append_ws_close(std::nullopt, "ignored", out);
  EXPECT_EQ(out, std::string_view("\x88\x00", 2));
  out.clear();
  append_ws_close(1009, "too big", out);
  EXPECT_EQ(out, "\x88\x09\x03\xF1too big");
  out.clear();
  append_ws_close(1000, std::string(121, 'x') + "\xE2\x82\xAC", out);  // the euro sign does not fit
  EXPECT_EQ(out.size(), 2u + 2u + 121u);
}

TEST(WsCloseCode, RFC6455_7_4_only_assigned_codes_may_be_sent) {
  for (int code = 0; code <= 65'535; ++code) {
    const bool assigned = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
    ASSERT_EQ(is_sendable_close_code(static_cast<std::uint16_t>(code)),
              assigned || (code >= 3000 && code <= 4999))
        << code;
  }
}

TEST(Unmask, agrees_with_the_definition_for_every_length_and_phase) {
  std::mt19937 random(6455);
  for (std::size_t length = 0; length < 150; ++length) {
    for (std::size_t offset = 0; offset < 5; ++offset) {
      std::string data(length + 1, '\0');
      for (char& byte : data) byte = static_cast<char>(random());
      const std::string before = data;
      const char mask[] = {'\x12', '\x34', '\x56', '\x78'};
      std::uint32_t word;
      std::memcpy(&word, mask, 4);
      unmask(std::span<char>(data).first(length), word, offset);
      for (std::size_t i = 0; i < length; ++i) {
        ASSERT_EQ(data[i], static_cast<char>(before[i] ^ mask[(i + offset) % 4]));
      }
      ASSERT_EQ(data[length], before[length]);
    }
  }
}

TEST(WsAccept, WS04_is_the_example_of_the_rfc) {
  EXPECT_EQ(ws_accept_value("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

}  // namespace
}  // namespace socketio::wire
