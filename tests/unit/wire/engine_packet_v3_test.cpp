// Packets and payloads of revision 3, by hand and against engine.io's own parser for older clients
// (tests/vectors/engine_packets_v3.json).
#include "wire/engine_packet_v3.hpp"

#include "unit/wire/engine_packets.hpp"

#include <tuple>
#include <vector>

namespace socketio::wire {
namespace {

using namespace test;
using list = std::vector<std::string>;

list expected_all(const input& packets) {
  list all;
  input::walk walk(packets);
  for (input packet; walk.next(packet);) all.push_back(expected(packet));
  return all;
}

// All packets up to the first error, as a session reads them.
list read(std::string_view payload, bool binary) {
  list all;
  std::string_view rest = payload;
  do {
    const auto record = next_record_v3(rest, binary);
    if (!record) {
      all.emplace_back("error");
      break;
    }
    if (!binary && record->data.empty()) continue;
    std::string storage;
    all.push_back(described(record->binary ? decode_binary_packet_v3(record->data)
                                           : decode_text_packet_v3(record->data, storage)));
    if (all.back() == "error") break;
  } while (!rest.empty());
  return all;
}

void check_text(const input& one) {
  const auto ours = member(one, "ours");
  EXPECT_EQ(read(text_of(one, "text"), false),
            expected_all(ours ? *ours : *member(one, "packets")));
}

void check_binary(const input& one) {
  const auto ours = member(one, "ours");
  EXPECT_EQ(read(from_base64(text_of(one, "base64")), true),
            expected_all(ours ? *ours : *member(one, "packets")));
}

// V3-04, V3-05
TEST(EnginePacketV3, decodes_what_the_parser_encodes) {
  vectors("engine_packets_v3").each("encoded", [](const input& one) {
    std::string storage;
    EXPECT_EQ(described(decode_text_packet_v3(text_of(one, "text"), storage)), expected(one));
    const auto bytes = member(one, "base64");
    if (!bytes) return;
    EXPECT_EQ(described(decode_binary_packet_v3(from_base64(text_of(*bytes)))), expected(one));
  });
}

// V3-02, V3-05, V3-06, K-14
TEST(EnginePacketV3, text_payloads_are_read_as_the_parser_reads_them) {
  const vectors all("engine_packets_v3");
  all.each("text", check_text);
  all.each("decoded", check_text);
  all.each("random", check_text);
}

// V3-03, V3-06
TEST(EnginePacketV3, binary_payloads_are_read_as_the_parser_reads_them) {
  const vectors all("engine_packets_v3");
  all.each("binary", check_binary);
  all.each("decoded_binary", check_binary);
}

// V3-02
TEST(EnginePacketV3, lengths_count_utf_16_code_units) {
  for (const auto& [text, units] : std::vector<std::pair<std::string_view, std::size_t>>{
           {"", 0}, {"a", 1}, {"é", 1}, {"€", 1}, {"😀", 2}, {"42[\"euro\",\"€😀\"]", 16}})
    EXPECT_EQ(utf16_length(text), units) << text;
  EXPECT_EQ(read("16:42[\"euro\",\"€😀\"]", false), (list{"message text 2[\"euro\",\"€😀\"]"}));
}

// V3-06
TEST(EnginePacketV3, an_error_says_which) {
  const auto error_of = [](std::string_view payload, bool binary) {
    return next_record_v3(payload, binary).error();
  };
  for (const std::string_view text : {"", ":", "x", "1", "1:", "-1:6", "2:6", "+1:6", " 1:6",
                                      "0000000000000000000001:6", "99999999999999999999999999:6"})
    EXPECT_EQ(error_of(text, false), wire_errc::bad_payload_length) << text;
  using namespace std::string_view_literals;
  for (const std::string_view bytes :
       {""sv, "\2\1\xFF"sv, "\0"sv, "\0\1"sv, "\0\xFF"sv, "\0\1\xFF"sv, "\0\x0a\xFF"sv,
        "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\xFF\4"sv})
    EXPECT_EQ(error_of(bytes, true), wire_errc::bad_payload_length);
  const std::string huge = "\1" + std::string(20, '\x09') + "\xFF\4";
  EXPECT_EQ(error_of(huge, true), wire_errc::bad_payload_length);
  std::string storage;
  EXPECT_EQ(decode_binary_packet_v3("").error(), wire_errc::empty_packet);
  EXPECT_EQ(decode_binary_packet_v3("\7").error(), wire_errc::unknown_packet_type);
  EXPECT_EQ(decode_text_packet_v3("", storage).error(), wire_errc::empty_packet);
  EXPECT_EQ(decode_text_packet_v3("b", storage).error(), wire_errc::empty_packet);
  EXPECT_EQ(decode_text_packet_v3("b7", storage).error(), wire_errc::unknown_packet_type);
  EXPECT_EQ(decode_text_packet_v3("b4*", storage).error(), wire_errc::bad_base64);
  EXPECT_EQ(decode_text_packet_v3("7", storage).error(), wire_errc::unknown_packet_type);
}

// A payload that ends too early is one that ends with an error: nothing is made of the last packet.
TEST(EnginePacketV3, every_cut_ends_at_a_record_or_is_refused) {
  const std::string text = "2:4a8:4€😀b€😀1:6";
  const list whole = read(text, false);
  for (std::size_t length = 0; length < text.size(); ++length) {
    const list cut = read(text.substr(0, length), false);
    ASSERT_FALSE(cut.empty());
    if (cut.back() == "error")
      EXPECT_TRUE(std::equal(cut.begin(), cut.end() - 1, whole.begin())) << length;
    else
      EXPECT_TRUE(length == 4 || length == 22) << length;
  }
  const std::string bytes(
      "\0\2\xFF"
      "4a\1\4\xFF\4\1\2\3",
      12);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_EQ(read(bytes.substr(0, length), true).back() == "error", length != 5) << length;
  EXPECT_EQ(read(bytes, true), (list{"message text a", "message binary AQID"}));
}

}  // namespace
}  // namespace socketio::wire
