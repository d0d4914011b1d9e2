// WebSocket frames against the npm package `ws`: tests/vectors/ws_frames.json. Each input is fed
// whole, byte by byte, and cut in two at every byte; the events must be the same.
#include "unit/wire/support.hpp"
#include "wire/ws_client.hpp"

#include <algorithm>
#include <cstring>

namespace socketio::wire {
namespace {

using namespace test;

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

std::string described(const ws_event& event) {
  switch (event.what) {
    case ws_event::kind::need_more: return "need more";
    case ws_event::kind::message: return (event.binary ? "binary " : "text ") + hex(event.data);
    case ws_event::kind::ping: return "ping " + hex(event.data);
    case ws_event::kind::pong: return "pong " + hex(event.data);
    case ws_event::kind::close:
      return "close " + std::to_string(event.code) + " " + hex(event.data);
    case ws_event::kind::failed: return "failed " + std::to_string(event.code);
  }
  return "";
}

std::string described(const input& event) {
  const std::string kind = text_of(event, "kind");
  const std::string code = std::to_string(number_of<std::int64_t>(event, "code"));
  if (kind == "failed") return "failed " + code;
  if (kind == "close") return "close " + code + " " + text_of(event, "data");
  if (kind != "message") return kind + " " + text_of(event, "data");
  bool binary = false;
  member(event, "binary")->get(binary);
  return (binary ? "binary " : "text ") + text_of(event, "data");
}

// Feeds the pieces as a connection would: what was not taken stays in front of the next piece.
std::vector<std::string> received(std::initializer_list<std::string_view> pieces, std::size_t step,
                                  ws_side side) {
  ws_decoder decoder({.message_bytes_max = 300, .fragments_max = 1024}, side);
  std::vector<std::string> out;
  std::string kept;
  for (const std::string_view piece : pieces) {
    for (std::size_t at = 0; at < piece.size(); at += step) {
      kept += piece.substr(at, step);
      std::span<char> buffer(kept);
      while (true) {
        const ws_event event = decoder.feed(buffer);
        if (event.what == ws_event::kind::need_more) break;
        out.push_back(described(event));
        if (event.what == ws_event::kind::failed || event.what == ws_event::kind::close) return out;
      }
      kept.erase(0, kept.size() - buffer.size());
    }
  }
  return out;
}

void decodes_the_same(const input& one, ws_side side) {
  std::vector<std::string> theirs;
  input::walk events(*member(one, "events"));
  for (input event; events.next(event);) theirs.push_back(described(event));
  const std::string bytes = from_hex(text_of(one, "bytes"));
  EXPECT_EQ(received({bytes}, bytes.size() + 1, side), theirs);
  EXPECT_EQ(received({bytes}, 1, side), theirs);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const std::string_view all = bytes;
    ASSERT_EQ(received({all.substr(0, cut), all.substr(cut)}, bytes.size(), side), theirs) << cut;
  }
}

TEST(WsFrameVectors, WS19_ER11_frames_are_received_as_ws_receives_them) {
  vectors("ws_frames").each("received", [](const input& one) {
    decodes_the_same(one, ws_side::server);
  });
}

TEST(WsFrameVectors, WS19_random_sequences_of_frames_are_received_as_ws_receives_them) {
  vectors("ws_frames").each("random", [](const input& one) {
    decodes_the_same(one, ws_side::server);
  });
}

TEST(WsFrameVectors, frames_of_a_server_are_received_as_the_client_of_ws_receives_them) {
  for (const char* list : {"from_server", "from_server_random"})
    vectors("ws_frames").each(list, [](const input& one) {
      decodes_the_same(one, ws_side::client);
    });
}

TEST(WsFrameVectors, masked_frames_are_written_as_ws_writes_them) {
  vectors("ws_frames").each("masked", [](const input& one) {
    std::string payload, out;
    for (std::size_t i = 0; i < number_of<std::uint64_t>(one, "length"); ++i)
      payload += static_cast<char>(i * 7);
    const std::string mask = from_hex(text_of(one, "mask"));
    std::uint32_t word;
    std::memcpy(&word, mask.data(), sizeof word);
    bool compressed = false;
    member(one, "rsv1")->get(compressed);
    const auto opcode = static_cast<ws_opcode>(number_of<std::int64_t>(one, "opcode"));
    append_masked_frame(opcode, payload, compressed, word, out);
    EXPECT_EQ(out.size(), number_of<std::uint64_t>(one, "bytes"));
    const std::string written = hex(out);
    EXPECT_EQ(written.substr(0, 400), text_of(one, "begin"));
    EXPECT_EQ(written.substr(written.size() - std::min<std::size_t>(400, written.size())),
              text_of(one, "end"));
  });
}

TEST(WsFrameVectors, WS18_heads_are_written_as_ws_writes_them) {
  vectors("ws_frames").each("headers", [](const input& one) {
    char header[10];
    const auto opcode = static_cast<ws_opcode>(number_of<std::int64_t>(one, "opcode"));
    const std::size_t length =
        write_ws_header(opcode, number_of<std::uint64_t>(one, "length"), header);
    EXPECT_EQ(hex({header, length}), text_of(one, "header"));
  });
}

}  // namespace
}  // namespace socketio::wire
