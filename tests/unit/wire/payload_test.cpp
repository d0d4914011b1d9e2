// Payloads put together, by hand and against engine.io's own parser for older clients
// (tests/vectors/engine_packets_v3.json).
#include "wire/payload.hpp"

#include "unit/wire/support.hpp"

#include <algorithm>

namespace socketio::wire {
namespace {

using namespace test;

constexpr std::string_view type_names[] = {"open",    "close",   "ping", "pong",
                                           "message", "upgrade", "noop"};

// Every packet of the case in that format, and no record longer than was announced.
std::string joined(const input& packets, payload_format format) {
  std::string payload;
  input::walk walk(packets);
  for (input one; walk.next(one);) {
    const auto bytes = member(one, "binary");
    const auto type = std::ranges::find(type_names, text_of(one, "type")) - type_names;
    const std::string packet =
        bytes ? from_base64(text_of(*bytes)) : std::to_string(type) + text_of(one, "data");
    const std::size_t before = payload.size();
    append_record(format, packet, bytes.has_value(), payload);
    EXPECT_LE(payload.size() - before, record_bytes(format, packet, bytes.has_value()) + 1);
  }
  return payload;
}

// V3-02, V3-05
TEST(Payload, revision_3_text_is_what_the_parser_makes) {
  vectors("engine_packets_v3").each("text", [](const input& one) {
    const std::string text = text_of(one, "text");
    if (text == "0:") return;  // no packet at all: a poll is never answered so
    EXPECT_EQ(joined(*member(one, "packets"), payload_format::revision_3_text), text);
  });
}

// V3-03
TEST(Payload, revision_3_binary_is_what_the_parser_makes) {
  vectors("engine_packets_v3").each("binary", [](const input& one) {
    EXPECT_EQ(joined(*member(one, "packets"), payload_format::revision_3_binary),
              from_base64(text_of(one, "base64")));
  });
}

// HS-20
TEST(Payload, revision_4_is_what_the_parser_makes) {
  vectors("engine_packets").each("joined", [](const input& one) {
    EXPECT_EQ(joined(*member(one, "packets"), payload_format::revision_4), text_of(one, "text"));
  });
}

}  // namespace
}  // namespace socketio::wire
