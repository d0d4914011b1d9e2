// Packets as MessagePack, by hand and against socket.io-msgpack-parser
// (tests/vectors/msgpack.json).
#include "wire/msgpack_packet.hpp"

#include "unit/wire/support.hpp"

namespace socketio::wire {
namespace {

using namespace test;

constexpr msgpack_limits usual;

socketio::packet packet_of(const input& one) {
  socketio::packet packet;
  packet.type = static_cast<packet_type>(number_of<std::int64_t>(one, "type"));
  packet.nsp = text_of(one, "nsp");
  if (member(one, "id")) packet.id = number_of<std::uint64_t>(one, "id");
  if (const auto data = member(one, "data")) packet.data = value_of(*data);
  return packet;
}

void check(const input& one) {
  const auto decoded = decode_msgpack_packet(from_base64(text_of(one, "base64")), usual);
  if (const auto error = member(one, "error")) {
    std::string theirs = text_of(*error);
    if (theirs == "invalid packet type") theirs = "unknown packet type";
    if (theirs == "invalid packet id") theirs = "illegal packet id";
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().message(), theirs);
    return;
  }
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, packet_of(one));
}

// PK-18, PK-19, K-13
TEST(MsgpackPacket, reads_and_refuses_what_the_parser_reads_and_refuses) {
  vectors("msgpack").each("packets", check);
  vectors("msgpack").each("differing", check);
}

// PK-18
TEST(MsgpackPacket, writes_what_the_parser_writes) {
  vectors("msgpack").each("sent", [](const input& one) {
    const socketio::packet packet = packet_of(one);
    const std::string bytes = encode_msgpack_packet(packet);
    EXPECT_EQ(bytes, from_base64(text_of(one, "base64")));
    EXPECT_EQ(*decode_msgpack_packet(bytes, usual), packet);
  });
}

// PK-17, PK-18
TEST(MsgpackPacket, the_parser_makes_one_binary_message_of_each_packet) {
  const auto parser = msgpack_parser();
  const socketio::packet event{packet_type::event, "/a", 3, value::list({"x", binary("\1\2")})};
  const auto messages = parser->encode(event);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_TRUE(messages[0].binary);
  const auto decoder = parser->make_decoder();
  const auto again = decoder->add(messages[0].bytes, true);
  ASSERT_TRUE(again && *again);
  EXPECT_EQ(**again, event);
  EXPECT_FALSE(decoder->waiting());
  EXPECT_EQ(decoder->add(messages[0].bytes, false).error(), wire_errc::invalid_msgpack);
}

// PK-18: the limits are those that were given.
TEST(MsgpackPacket, the_limits_are_checked_and_kept) {
  EXPECT_THROW(msgpack_parser({.depth_max = 1}), std::invalid_argument);
  EXPECT_THROW(msgpack_parser({.depth_max = 10'001}), std::invalid_argument);
  EXPECT_THROW(msgpack_parser({.elements_max = 15}), std::invalid_argument);
  const auto parser = msgpack_parser({.depth_max = 2});
  const auto decoder = parser->make_decoder();
  const auto nested = [](value inner) {
    return encode_msgpack_packet(
        {packet_type::event, "/", std::nullopt, value::list({"x", std::move(inner)})});
  };
  EXPECT_TRUE(decoder->add(nested(1), true));
  EXPECT_EQ(decoder->add(nested(value::array()), true).error(), wire_errc::msgpack_too_deep);
}

// PK-21
TEST(MsgpackPacket, validity_of_packets) {
  const auto valid = [](packet_type type, std::optional<value> data) {
    return is_valid({type, "/", std::nullopt, std::move(data)});
  };
  using enum packet_type;
  EXPECT_TRUE(valid(connect, std::nullopt) && valid(connect, value::object{}));
  EXPECT_FALSE(valid(connect, value::array{}) || valid(connect, value()));
  EXPECT_TRUE(valid(disconnect, std::nullopt));
  EXPECT_FALSE(valid(disconnect, value::object{}));
  EXPECT_TRUE(valid(event, value::list({"x"})) && valid(event, value::list({1, 2})));
  EXPECT_FALSE(valid(event, value::array{}) || valid(event, std::nullopt));
  EXPECT_FALSE(valid(event, value::list({"connect"})) || valid(event, value::list({value()})));
  EXPECT_TRUE(valid(ack, value::array{}));
  EXPECT_FALSE(valid(ack, std::nullopt) || valid(ack, value("x")));
  EXPECT_TRUE(valid(connect_error, value("x")) && valid(connect_error, value::object{}));
  EXPECT_FALSE(valid(connect_error, std::nullopt) || valid(connect_error, value(1)));
}

}  // namespace
}  // namespace socketio::wire
