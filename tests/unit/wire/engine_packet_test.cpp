// Engine.IO packets and polling payloads, by hand and against engine.io-parser
// (tests/vectors/engine_packets.json).
#include "wire/engine_packet.hpp"

#include "unit/wire/engine_packets.hpp"

namespace socketio::wire {
namespace {

using namespace test;

std::string described(std::string_view text) {
  std::string storage;
  return test::described(decode_engine_packet(text, storage));
}

TEST(EnginePacket, WS01_decodes_what_the_parser_decodes) {
  vectors("engine_packets").each("decoded", [](const input& one) {
    const auto ours = member(one, "ours");
    EXPECT_EQ(described(text_of(one, "text")), expected(ours ? *ours : *member(one, "packet")));
  });
}

TEST(EnginePacket, WS02_HS20_decodes_what_the_parser_encodes) {
  vectors("engine_packets").each("encoded", [](const input& one) {
    EXPECT_EQ(described(text_of(one, "text")), expected(one));
  });
}

std::vector<std::string> records(std::string_view payload) {
  std::vector<std::string> out;
  for (std::string_view rest = payload; rest.data();) out.emplace_back(next_record(rest));
  return out;
}

// The parser stops at the first bad packet, and gives it out as an error.
TEST(EnginePacket, HS20_payloads_are_split_as_the_parser_splits_them) {
  const auto check = [](const input& one) {
    std::vector<std::string> theirs, ours;
    input::walk packets(*member(one, "packets"));
    for (input packet; packets.next(packet);) theirs.push_back(expected(packet));
    for (const std::string& record : records(text_of(one, "text"))) {
      ours.push_back(described(record));
      if (ours.back() == "error") break;
    }
    EXPECT_EQ(ours, theirs);
  };
  vectors("engine_packets").each("split", check);
  vectors("engine_packets").each("joined", check);
}

TEST(EnginePacket, HS20_every_record_is_found_also_empty_ones) {
  using list = std::vector<std::string>;
  EXPECT_EQ(records(std::string_view("", 0)), (list{""}));
  EXPECT_EQ(records("a"), (list{"a"}));
  EXPECT_EQ(records("a\x1e"), (list{"a", ""}));
  EXPECT_EQ(records("\x1e"), (list{"", ""}));
  EXPECT_EQ(records("a\x1e\x1e"
                    "b"),
            (list{"a", "", "b"}));
}

TEST(EnginePacket, an_error_says_which) {
  std::string storage;
  EXPECT_EQ(decode_engine_packet("", storage).error(), wire_errc::empty_packet);
  EXPECT_EQ(decode_engine_packet("7", storage).error(), wire_errc::unknown_packet_type);
  EXPECT_EQ(decode_engine_packet("\xFF", storage).error(), wire_errc::unknown_packet_type);
  EXPECT_EQ(decode_engine_packet("b*", storage).error(), wire_errc::bad_base64);
}

TEST(EnginePacket, every_first_byte_is_a_type_or_an_error) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text{static_cast<char>(byte), 'A', 'A', 'A', 'A'};
    std::string storage;
    const auto packet = decode_engine_packet(text, storage);
    EXPECT_EQ(packet.has_value(), (byte >= '0' && byte <= '6') || byte == 'b') << byte;
  }
}

// A text packet has no end of its own: each cut is a shorter packet. Of base64 only some cuts are
// whole.
TEST(EnginePacket, every_cut_decodes_or_is_refused) {
  const std::string_view text = "4hello";
  for (std::size_t length = 1; length <= text.size(); ++length) {
    EXPECT_EQ(described(text.substr(0, length)),
              "message text " + std::string(text.substr(1, length - 1)));
  }
  const std::string_view binary = "bAQIDBA==";
  const std::string_view cuts[] = {"error",
                                   "message binary ",
                                   "error",
                                   "message binary AQ==",
                                   "message binary AQI=",
                                   "message binary AQID",
                                   "error",
                                   "message binary AQIDBA==",
                                   "error",
                                   "message binary AQIDBA=="};
  for (std::size_t length = 0; length <= binary.size(); ++length) {
    EXPECT_EQ(described(binary.substr(0, length)), cuts[length]) << length;
  }
}

TEST(EnginePacket, the_storage_is_used_again) {
  std::string storage = "left over";
  const auto packet = decode_engine_packet("bAQ==", storage);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->data, "\x01");
  EXPECT_EQ(packet->data.data(), storage.data());
}

}  // namespace
}  // namespace socketio::wire
