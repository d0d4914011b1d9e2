// Offsets, which come from clients: what is one reads back as the same text, and is what events end
// in; everything else is none.
#include "core/offset.hpp"

#include "law.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly as long as the text, so that the address sanitizer sees a read beyond its end.
  const std::vector<char> bytes(data, data + size);
  const std::string_view text(bytes.data(), bytes.size());
  const auto parsed = core::offset::parse(text);
  if (!parsed) return 0;
  const auto again = parsed->text();
  fuzz::law(std::string_view(again.data(), again.size()) == text, "an offset reads back");
  const std::string tail = ",\"" + std::string(text) + "\"]";
  fuzz::law(core::offset_tail(*parsed).view() == tail, "an event ends in the offset it is given");
  return 0;
}

}  // namespace socketio
