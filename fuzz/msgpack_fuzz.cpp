// MessagePack: what decodes is within the limits, and written again it decodes to the same. The
// same for packets.
#include "wire/msgpack.hpp"

#include "law.hpp"
#include "wire/msgpack_packet.hpp"

#include <algorithm>

namespace socketio {
namespace {

constexpr msgpack_limits limits{16, 1000};

struct measured {
  std::size_t depth = 0, elements = 1;
};

measured measure(const value& of) {
  measured all;
  const auto add = [&all](const value& inner) {
    const measured one = measure(inner);
    all.depth = std::max(all.depth, one.depth);
    all.elements += one.elements;
  };
  if (of.as_array())
    for (const value& one : *of.as_array()) add(one);
  else if (of.as_object())
    for (const auto& [name, one] : *of.as_object()) add(one);
  else
    return all;
  all.depth++;
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto decoded = wire::decode_msgpack(bytes, limits);
  if (!decoded) {
    fuzz::law(!wire::decode_msgpack_packet(bytes, limits), "a packet is a value");
    return 0;
  }
  const measured size_of_it = measure(*decoded);
  // Extensions are an array more than what was counted.
  fuzz::law(size_of_it.depth <= limits.depth_max + 1, "the depth is within the limit");
  fuzz::law(size_of_it.elements <= 3 * limits.elements_max, "so is the number of elements");

  std::string again;
  wire::append_msgpack(*decoded, again);
  const auto twice = wire::decode_msgpack(again, {100, 100'000});
  fuzz::law(twice.has_value(), "what was written is read");
  std::string third;
  wire::append_msgpack(*twice, third);
  fuzz::law(third == again, "what was read is written the same");

  if (const auto packet = wire::decode_msgpack_packet(bytes, limits)) {
    const auto back =
        wire::decode_msgpack_packet(wire::encode_msgpack_packet(*packet), {100, 100'000});
    fuzz::law(back.has_value(), "a packet that was written is read");
    fuzz::law(wire::encode_msgpack_packet(*back) == wire::encode_msgpack_packet(*packet),
              "a packet that was read is written the same");
  }
  return 0;
}

}  // namespace socketio
