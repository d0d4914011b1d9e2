// A polling payload of revision 3, text or binary by the first byte: every record lies inside of
// the payload and behind the one before, and what was decoded, put together again, decodes to the
// same.
#include "base/utf8.hpp"
#include "law.hpp"
#include "wire/engine_packet_v3.hpp"
#include "wire/payload.hpp"

#include <algorithm>
#include <vector>

namespace socketio {
namespace {

using wire::engine_packet, wire::payload_format;

struct packet {
  wire::engine_packet_type type;
  bool binary;
  std::string data;
  friend bool operator==(const packet&, const packet&) = default;
};

// The packets before the first error.
std::vector<packet> read(std::string_view payload, bool binary) {
  std::vector<packet> all;
  std::string storage;
  for (std::string_view rest = payload; !rest.empty();) {
    const std::size_t left = rest.size();
    const auto record = wire::next_record_v3(rest, binary);
    if (!record) break;
    fuzz::law(rest.size() < left, "a record takes something");
    fuzz::law(record->data.size() <= left - rest.size(), "a record lies inside of the payload");
    if (!binary && record->data.empty()) continue;
    const auto decoded = record->binary ? wire::decode_binary_packet_v3(record->data)
                                        : wire::decode_text_packet_v3(record->data, storage);
    if (!decoded) break;
    all.push_back({decoded->type, decoded->binary, std::string(decoded->data)});
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool binary = data[0] % 2 != 0;
  const auto format = binary ? payload_format::revision_3_binary : payload_format::revision_3_text;
  const auto packets = read({reinterpret_cast<const char*>(data) + 1, size - 1}, binary);
  std::string again;
  std::vector<packet> sent;
  for (const packet& one : packets) {
    if (one.binary && one.type != wire::engine_packet_type::message) continue;  // we send none
    std::string text(1, static_cast<char>('0' + static_cast<int>(one.type)));
    wire::append_record(format, one.binary ? one.data : text + one.data, one.binary, again);
    sent.push_back(one);
  }
  // What is not UTF-8 has no length in code units.
  const bool countable = binary || std::ranges::all_of(sent, [](const packet& one) {
                           return one.binary || is_utf8(one.data);
                         });
  const auto got = read(again, binary);
  fuzz::law(!countable || got == sent, "what was sent is read");
  return 0;
}

}  // namespace socketio
