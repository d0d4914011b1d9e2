// Socket.IO packets against socket.io-parser: tests/vectors/socket_packets.json.
#include "unit/wire/support.hpp"
#include "wire/socket_packet.hpp"

#include <bit>

namespace socketio::wire {
namespace {

using namespace test;

// "2 /admin id 12 [...]": a decoded packet, theirs and ours.
std::string described(const packet& one) {
  return std::to_string(static_cast<int>(one.type)) + " " + std::string(one.nsp) + " id " +
         (one.id ? std::to_string(*one.id) : "none") + " " +
         (one.has_payload ? printed(one.payload) : "nothing");
}

std::string described(const input& one) {
  const auto id = member(one, "id");
  const auto data = member(one, "data");
  return printed(*member(one, "type")) + " " + text_of(one, "nsp") + " id " +
         (id ? printed(*id) : "none") + " " + (data ? printed(*data) : "nothing");
}

// Their texts for our errors, which are finer.
std::string their_text(const std::error_code& error) {
  if (error == wire_errc::invalid_json || error == wire_errc::reserved_event ||
      error == wire_errc::json_too_deep) {
    return "invalid payload";
  }
  return error.message();
}

std::string normalised(std::string text) {
  if (text.starts_with("unknown packet type")) return "unknown packet type";
  if (text == "Illegal attachments") return "illegal attachments";
  return text;
}

struct outcome {
  std::vector<std::string> packets;
  std::string error;
  std::optional<std::uint64_t> last_id;
};

outcome decoded(const input& one) {
  json_reader reader;
  packet_decoder decoder;
  outcome out;
  input::walk messages(*member(one, "messages"));
  for (input message; messages.next(message);) {
    const auto binary = member(message, "$binary");
    const std::string bytes = binary ? from_base64(text_of(*binary)) : text_of(message);
    const auto result =
        binary ? decoder.on_binary(bytes, reader, {}) : decoder.on_text(bytes, reader, {});
    if (!result) {
      out.error = their_text(result.error());
      break;
    }
    if (!result->has_value()) continue;
    out.packets.push_back(described(**result));
    out.last_id = (*result)->id;
  }
  return out;
}

void decodes_the_same(const input& one) {
  const outcome ours = decoded(one);
  std::vector<std::string> theirs;
  input::walk packets(*member(one, "packets"));
  for (input packet; packets.next(packet);) theirs.push_back(described(packet));
  EXPECT_EQ(ours.packets, theirs);
  EXPECT_EQ(ours.error, normalised(text_of(one, "error")));
}

TEST(SocketPacketVectors, PK01_to_PK14_packets_are_accepted_and_refused_as_the_parser_does) {
  vectors("socket_packets").each("decoded", decodes_the_same);
}

TEST(SocketPacketVectors, mutated_packets_are_accepted_and_refused_as_the_parser_does) {
  vectors("socket_packets").each("random", decodes_the_same);
}

TEST(SocketPacketVectors, Q22_Q23_where_we_differ_it_is_on_purpose) {
  vectors("socket_packets").each("differing", [](const input& one) {
    const outcome ours = decoded(one);
    const input expected = *member(one, "ours");
    EXPECT_EQ(ours.error, text_of(expected, "error"));
    if (const auto id = member(expected, "id")) {
      ASSERT_EQ(ours.packets.size(), 1u);
      EXPECT_EQ(ours.last_id ? std::to_string(*ours.last_id) : "",
                id->type() == kind::null ? "" : text_of(*id));
    }
  });
}

std::string payload_of(const input& one, std::vector<std::span<const std::byte>>& attachments,
                       std::deque<std::string>& kept) {
  std::string text;
  json_output out(text, attachments);
  if (const auto data = member(one, "data")) copy(*data, out, kept);
  if (const auto doubles = member(one, "doubles")) {
    out.begin_array(0);
    out.string("n");
    input::walk walk(*doubles);
    for (input bits; walk.next(bits);) {
      out.number(std::bit_cast<double>(std::uint64_t{std::stoull(text_of(bits), nullptr, 16)}));
    }
    out.end_array();
  }
  return text;
}

TEST(SocketPacketVectors, PK07_PK13_packets_are_encoded_as_the_parser_encodes_them) {
  vectors("socket_packets").each("encoded", [](const input& one) {
    std::vector<std::span<const std::byte>> attachments;
    std::deque<std::string> kept;
    const std::string payload = payload_of(one, attachments, kept);
    const auto id =
        member(one, "id") ? std::optional(number_of<std::uint64_t>(one, "id")) : std::nullopt;
    std::vector<frame> group;
    encode_packet(static_cast<packet_type>(number_of<std::int64_t>(one, "type")),
                  text_of(one, "nsp"), id, payload, attachments, frame_class::event, group);
    std::vector<std::string> ours, theirs;
    for (const frame& made : group) ours.emplace_back(made.packet());
    input::walk frames(*member(one, "frames"));
    for (input made; frames.next(made);) {
      const auto binary = member(made, "$binary");
      theirs.push_back(binary ? from_base64(text_of(*binary)) : "4" + text_of(made));
    }
    EXPECT_EQ(ours, theirs);
  });
}

}  // namespace
}  // namespace socketio::wire
