// Socket.IO packets by hand: the state of the decoder, its limits, cuts, lifetimes. The table of
// what is accepted is in socket_packet_vectors_test.cpp.
#include "wire/socket_packet.hpp"

#include "unit/wire/support.hpp"

namespace socketio::wire {
namespace {

using namespace test;

class PacketDecoder : public testing::Test {
 protected:
  result<std::optional<packet>> text(std::string_view what) {
    return decoder_.on_text(what, reader_, limits_);
  }
  result<std::optional<packet>> binary(std::string_view what) {
    return decoder_.on_binary(what, reader_, limits_);
  }
  packet_limits limits_;
  json_reader reader_;
  packet_decoder decoder_;
};

TEST_F(PacketDecoder, PK01_takes_a_packet_apart) {
  const auto decoded = text(R"(2/admin,12["a",{"b":1}])");
  ASSERT_TRUE(decoded && decoded->has_value());
  const packet& one = **decoded;
  EXPECT_EQ(one.type, packet_type::event);
  EXPECT_EQ(one.nsp, "/admin");
  EXPECT_EQ(one.id, 12u);
  EXPECT_TRUE(one.has_payload);
  EXPECT_FALSE(one.has_binary);
  EXPECT_EQ(printed(one.payload), R"(["a",{"b":1}])");
}

TEST_F(PacketDecoder, PK02_K11_a_namespace_may_end_with_the_text) {
  const auto decoded = text("0/admin");
  ASSERT_TRUE(decoded && decoded->has_value());
  EXPECT_EQ((*decoded)->nsp, "/admin");
  EXPECT_FALSE((*decoded)->has_payload);
  EXPECT_EQ((*decoded)->payload.type(), kind::null);
}

TEST_F(PacketDecoder, PK03_Q22_ids_are_whole_numbers_of_64_bits) {
  EXPECT_EQ((*text(R"(20["a"])"))->id, 0u);
  EXPECT_EQ((*text(R"(2007["a"])"))->id, 7u);
  EXPECT_EQ((*text(R"(218446744073709551615["a"])"))->id, UINT64_MAX);
  EXPECT_EQ(text(R"(218446744073709551616["a"])").error(), wire_errc::illegal_id);
  EXPECT_EQ(text("2" + std::string(1000, '9') + R"(["a"])").error(), wire_errc::illegal_id);
  EXPECT_EQ(text(R"(2-1["a"])").error(), wire_errc::invalid_json);
  EXPECT_FALSE((*text(R"(2["a"])"))->id.has_value());
}

TEST_F(PacketDecoder, an_error_says_which) {
  const std::pair<std::string_view, wire_errc> table[] = {
      {"", wire_errc::unknown_packet_type},
      {"7", wire_errc::unknown_packet_type},
      {"2", wire_errc::invalid_payload},
      {"2[]", wire_errc::invalid_payload},
      {"2{}", wire_errc::invalid_payload},
      {"2[null]", wire_errc::invalid_payload},
      {"0[]", wire_errc::invalid_payload},
      {"0null", wire_errc::invalid_payload},
      {"1{}", wire_errc::invalid_payload},
      {"3{}", wire_errc::invalid_payload},
      {"4[]", wire_errc::invalid_payload},
      {"2[", wire_errc::invalid_json},
      {"2[\"connect\"]", wire_errc::reserved_event},
      {"5[\"a\"]", wire_errc::illegal_attachments},
      {"50-[\"a\"]", wire_errc::illegal_attachments},
      {"5-[\"a\"]", wire_errc::illegal_attachments},
      {"51", wire_errc::illegal_attachments},
      {"511-[\"a\"]", wire_errc::too_many_attachments},
      {"599999999999999999999999-[\"a\"]", wire_errc::too_many_attachments},
  };
  for (const auto& [what, error] : table) EXPECT_EQ(text(what).error(), error) << what;
  const std::string deep = "2[\"a\"," + std::string(300, '[') + std::string(300, ']') + "]";
  EXPECT_EQ(text(deep).error(), wire_errc::json_too_deep);
}

TEST_F(PacketDecoder, PK06_SK08_six_names_are_reserved) {
  for (const std::string_view name : {"connect", "connect_error", "disconnect", "disconnecting",
                                      "newListener", "removeListener"}) {
    EXPECT_TRUE(is_reserved_event(name)) << name;
    EXPECT_EQ(text("2[\"" + std::string(name) + "\"]").error(), wire_errc::reserved_event);
  }
  for (const std::string_view name :
       {"", "connection", "error", "Connect", "connect ", "message"}) {
    EXPECT_FALSE(is_reserved_event(name)) << name;
  }
}

constexpr std::string_view two_attachments =
    R"(52-/a,7["b",{"_placeholder":true,"num":1},[{"_placeholder":true,"num":0}]])";

TEST_F(PacketDecoder, PK12_a_binary_event_is_an_event_once_its_attachments_are_there) {
  const auto waiting = text(two_attachments);
  ASSERT_TRUE(waiting);
  EXPECT_FALSE(waiting->has_value());
  EXPECT_TRUE(decoder_.reconstructing());
  ASSERT_FALSE(binary("first")->has_value());
  const auto decoded = binary("second");
  ASSERT_TRUE(decoded && decoded->has_value());
  EXPECT_FALSE(decoder_.reconstructing());
  EXPECT_EQ((*decoded)->type, packet_type::event);
  EXPECT_EQ((*decoded)->nsp, "/a");
  EXPECT_EQ((*decoded)->id, 7u);
  EXPECT_TRUE((*decoded)->has_binary);
  EXPECT_EQ(
      printed((*decoded)->payload),
      R"(["b",{"_placeholder":true,"num":0},[{"_placeholder":true,"num":1}]] + c2Vjb25k + Zmlyc3Q=)");
}

TEST_F(PacketDecoder, PK12_a_binary_ack_is_an_ack) {
  ASSERT_FALSE(text(R"(61-3[{"_placeholder":true,"num":0}])")->has_value());
  const auto decoded = binary("x");
  ASSERT_TRUE(decoded && decoded->has_value());
  EXPECT_EQ((*decoded)->type, packet_type::ack);
  EXPECT_EQ((*decoded)->id, 3u);
}

// The text and the attachments of the caller are gone when the packet is complete.
TEST_F(PacketDecoder, what_is_awaited_is_copied) {
  auto sent = std::make_unique<std::string>(two_attachments);
  ASSERT_TRUE(text(*sent));
  sent = std::make_unique<std::string>("first");
  ASSERT_TRUE(binary(*sent));
  sent = std::make_unique<std::string>("second");
  const auto decoded = binary(*sent);
  sent.reset();
  ASSERT_TRUE(decoded && decoded->has_value());
  EXPECT_EQ((*decoded)->nsp, "/a");
  EXPECT_NE(printed((*decoded)->payload).find("c2Vjb25k"), std::string::npos);
}

TEST_F(PacketDecoder, PK10_the_wrong_kind_of_message_is_an_error) {
  EXPECT_EQ(binary("x").error(), wire_errc::unexpected_binary);
  ASSERT_TRUE(text(two_attachments));
  EXPECT_EQ(text(R"(2["a"])").error(), wire_errc::unexpected_text);
}

TEST_F(PacketDecoder, ER13_the_number_of_attachments_has_a_limit) {
  limits_.attachments_max = 2;
  EXPECT_TRUE(text(two_attachments));
  decoder_ = packet_decoder();
  EXPECT_EQ(text(R"(53-["a"])").error(), wire_errc::too_many_attachments);
  limits_.attachments_max = 0;
  EXPECT_EQ(text(R"(51-["a"])").error(), wire_errc::too_many_attachments);
}

TEST_F(PacketDecoder, the_bytes_of_attachments_have_a_limit) {
  limits_.attachment_bytes_max = 10;
  ASSERT_TRUE(text(two_attachments));
  ASSERT_TRUE(binary("12345"));
  ASSERT_TRUE(binary("67890"));
  ASSERT_TRUE(text(two_attachments));
  ASSERT_TRUE(binary("12345"));
  EXPECT_EQ(binary("678901").error(), wire_errc::attachments_too_big);
  EXPECT_FALSE(decoder_.reconstructing());
}

TEST_F(PacketDecoder, PK04_a_binary_packet_is_refused_before_its_attachments) {
  EXPECT_EQ(text(R"(51-["connect"])").error(), wire_errc::reserved_event);
  EXPECT_EQ(text(R"(51-{"a":1})").error(), wire_errc::invalid_payload);
  EXPECT_EQ(text("51-[").error(), wire_errc::invalid_json);
  EXPECT_FALSE(decoder_.reconstructing());
}

TEST_F(PacketDecoder, one_reader_serves_many_decoders) {
  packet_decoder other;
  ASSERT_TRUE(text(two_attachments));
  ASSERT_TRUE(other.on_text(R"(51-["other",{"_placeholder":true,"num":0}])", reader_, limits_));
  ASSERT_TRUE(binary("first"));
  const auto theirs = other.on_binary("theirs", reader_, limits_);
  ASSERT_TRUE(theirs && theirs->has_value());
  EXPECT_EQ(printed((*theirs)->payload), R"(["other",{"_placeholder":true,"num":0}] + dGhlaXJz)");
  const auto ours = binary("second");
  ASSERT_TRUE(ours && ours->has_value());
  EXPECT_EQ((*ours)->nsp, "/a");
}

// JSON has an end, so that no cut of an event is an event; a head without JSON may be a packet.
TEST_F(PacketDecoder, every_cut_is_refused_or_is_a_shorter_packet) {
  const std::string_view event = R"(2/admin,12["a",{"b":[1,null]},"\u20ac"])";
  for (std::size_t length = 0; length < event.size(); ++length) {
    EXPECT_FALSE(text(event.substr(0, length))) << length;
  }
  const std::string_view connect = R"(0/admin,{"token":"x"})";
  for (std::size_t length = 0; length < connect.size(); ++length) {
    const bool head_only = length >= 1 && length <= connect.find('{');
    EXPECT_EQ(text(connect.substr(0, length)).has_value(), head_only) << length;
  }
  for (std::size_t length = 0; length < two_attachments.size(); ++length) {
    EXPECT_FALSE(text(two_attachments.substr(0, length))) << length;
  }
}

std::vector<std::string> encoded(packet_type type, std::string_view nsp,
                                 std::optional<std::uint64_t> id, std::string_view payload,
                                 std::vector<std::string> attachments = {}) {
  std::vector<std::span<const std::byte>> views;
  for (const std::string& one : attachments)
    views.push_back(std::as_bytes(std::span<const char>(one)));
  std::vector<frame> group;
  encode_packet(type, nsp, id, payload, views, frame_class::event, group);
  std::vector<std::string> out;
  for (const frame& one : group) out.emplace_back(one.packet());
  return out;
}

TEST(EncodePacket, PK01_writes_what_the_specification_shows) {
  using list = std::vector<std::string>;
  EXPECT_EQ(encoded(packet_type::connect, "/", {}, ""), (list{"40"}));
  EXPECT_EQ(encoded(packet_type::connect, "/admin", {}, R"({"sid":"x"})"),
            (list{R"(40/admin,{"sid":"x"})"}));
  EXPECT_EQ(encoded(packet_type::disconnect, "/admin", {}, ""), (list{"41/admin,"}));
  EXPECT_EQ(encoded(packet_type::event, "/", 12, R"(["a",1,{}])"), (list{R"(4212["a",1,{}])"}));
  EXPECT_EQ(encoded(packet_type::ack, "/", 0, "[]"), (list{"430[]"}));
  EXPECT_EQ(encoded(packet_type::connect_error, "/nope", {}, R"({"message":"no"})"),
            (list{R"(44/nope,{"message":"no"})"}));
  EXPECT_EQ(encoded(packet_type::event, "/a", 0, "[]", {"1", "2"}), (list{"452-/a,0[]", "1", "2"}));
  EXPECT_EQ(encoded(packet_type::ack, "/z", 7, "[]", {std::string("\0", 1)}),
            (list{"461-/z,7[]", std::string("\0", 1)}));
  EXPECT_EQ(encoded(packet_type::event, "", UINT64_MAX, "[]"), (list{"4218446744073709551615[]"}));
}

TEST(EncodePacket, appends_to_the_group_and_marks_attachments) {
  std::vector<frame> group;
  encode_packet(packet_type::event, "/", {}, "[\"a\"]", {}, frame_class::event, group);
  const std::span<const std::byte> bytes[] = {std::span<const std::byte>()};
  encode_packet(packet_type::ack, "/", 1, "[]", bytes, frame_class::ack, group);
  ASSERT_EQ(group.size(), 3u);
  EXPECT_FALSE(group[1].attachment());
  EXPECT_TRUE(group[2].attachment());
  EXPECT_EQ(group[0].kind(), frame_class::event);
  EXPECT_EQ(group[2].kind(), frame_class::ack);
}

}  // namespace
}  // namespace socketio::wire
