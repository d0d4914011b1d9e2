// WebSocket frames: the same bytes give the same events whether they come whole, in pieces or byte
// by byte; and the events, written as frames again, are read as the same events. The first byte
// chooses the limits and the size of the pieces.
#include "wire/ws_frame.hpp"

#include "law.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace socketio {
namespace {

using wire::ws_event;

struct seen {
  ws_event::kind what;
  bool binary;
  std::string data;
  std::uint16_t code;
  bool operator==(const seen&) const = default;
};

std::vector<seen> receive(std::string_view bytes, std::size_t piece,
                          const wire::ws_limits& limits) {
  wire::ws_decoder decoder(limits);
  std::vector<seen> events;
  std::vector<char> kept;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const std::string_view next = bytes.substr(at, piece);
    kept.insert(kept.end(), next.begin(), next.end());
    kept.shrink_to_fit();
    std::span<char> buffer(kept);
    while (true) {
      const ws_event event = decoder.feed(buffer);
      if (event.what == ws_event::kind::need_more) break;
      events.push_back({event.what, event.binary, std::string(event.data), event.code});
      if (event.what == ws_event::kind::failed || event.what == ws_event::kind::close)
        return events;
      fuzz::law(event.data.size() <= std::max<std::size_t>(limits.message_bytes_max, 125),
                "no message is over the limit");
    }
    if (!buffer.empty()) {
      fuzz::law(wire::ws_decoder::frame_bytes(buffer) > 0, "an incomplete frame misses something");
    }
    kept = std::vector<char>(buffer.begin(), buffer.end());
  }
  return events;
}

void append_masked(wire::ws_opcode opcode, std::string payload, std::string& out) {
  std::array<char, 10> header;
  const std::size_t length = wire::write_ws_header(opcode, payload.size(), header.data());
  header[1] = static_cast<char>(header[1] | 0x80);
  const char mask[] = {'\x01', '\x80', '\xFF', '\x42'};
  std::uint32_t word;
  std::memcpy(&word, mask, sizeof word);
  wire::unmask(payload, word);
  out.append(header.data(), length).append(mask, 4).append(payload);
}

std::string written(const std::vector<seen>& events) {
  std::string out;
  for (const seen& one : events) {
    switch (one.what) {
      case ws_event::kind::message:
        append_masked(one.binary ? wire::ws_opcode::binary : wire::ws_opcode::text, one.data, out);
        break;
      case ws_event::kind::ping: append_masked(wire::ws_opcode::ping, one.data, out); break;
      case ws_event::kind::pong: append_masked(wire::ws_opcode::pong, one.data, out); break;
      case ws_event::kind::close: {
        std::string close;
        if (one.code != 1005) {
          close += static_cast<char>(one.code >> 8);
          close += static_cast<char>(one.code);
          close += one.data;
        }
        append_masked(wire::ws_opcode::close, close, out);
        break;
      }
      case ws_event::kind::need_more:
      case ws_event::kind::failed: break;
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const wire::ws_limits limits{.message_bytes_max = data[0] & 1 ? 1'000'000u : 100u,
                               .fragments_max = data[0] & 2 ? 1024u : 3u};
  const std::size_t piece = 2 + data[0] / 4;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

  std::vector<seen> whole = receive(bytes, bytes.size() + 1, limits);
  fuzz::law(receive(bytes, 1, limits) == whole, "byte by byte is the same");
  fuzz::law(receive(bytes, piece, limits) == whole, "in pieces is the same");

  if (!whole.empty() && whole.back().what == ws_event::kind::failed) whole.pop_back();
  fuzz::law(receive(written(whole), SIZE_MAX / 2, limits) == whole, "written again is the same");
  return 0;
}

}  // namespace socketio
