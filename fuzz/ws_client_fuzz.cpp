// WebSocket frames as a client reads and writes them: the same bytes of a server give the same
// events however they are cut; no masked frame gives any; and the events, written as a client
// writes them, are what a server reads. The first byte chooses the limits and the size of the
// pieces.
#include "wire/ws_client.hpp"

#include "law.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace socketio {
namespace {

using wire::ws_event;
using wire::ws_side;

struct seen {
  ws_event::kind what;
  bool binary;
  std::string data;
  std::uint16_t code;
  bool operator==(const seen&) const = default;
};

std::vector<seen> receive(std::string_view bytes, std::size_t piece, const wire::ws_limits& limits,
                          ws_side side) {
  wire::ws_decoder decoder(limits, side);
  std::vector<seen> events;
  std::vector<char> kept;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
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
    if (!buffer.empty())
      fuzz::law(wire::ws_decoder::frame_bytes(buffer, side) > 0,
                "an incomplete frame misses something");
    kept = std::vector<char>(buffer.begin(), buffer.end());
  }
  return events;
}

std::string masked(const std::vector<seen>& events, std::uint32_t mask) {
  std::string out;
  for (const seen& one : events) {
    mask = mask * 1'664'525 + 1'013'904'223;
    const auto append = [&](wire::ws_opcode opcode) {
      wire::append_masked_frame(opcode, one.data, false, mask, out);
    };
    switch (one.what) {
      case ws_event::kind::message:
        append(one.binary ? wire::ws_opcode::binary : wire::ws_opcode::text);
        break;
      case ws_event::kind::ping: append(wire::ws_opcode::ping); break;
      case ws_event::kind::pong: append(wire::ws_opcode::pong); break;
      case ws_event::kind::close:
        wire::append_masked_close(one.code == 1005 ? std::nullopt : std::optional(one.code),
                                  one.data, mask, out);
        break;
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

  std::vector<seen> whole = receive(bytes, SIZE_MAX, limits, ws_side::client);
  fuzz::law(receive(bytes, 1, limits, ws_side::client) == whole, "byte by byte is the same");
  fuzz::law(receive(bytes, piece, limits, ws_side::client) == whole, "in pieces is the same");
  if (bytes.size() >= 2 && (bytes[1] & 0x80))
    fuzz::law(whole.size() == 1 && whole.front().what == ws_event::kind::failed,
              "a masked frame is refused");

  if (!whole.empty() && whole.back().what == ws_event::kind::failed) whole.pop_back();
  fuzz::law(receive(masked(whole, data[0]), SIZE_MAX, limits, ws_side::server) == whole,
            "a server reads what a client writes");
  return 0;
}

}  // namespace socketio
