// Messages that are compressed one after the other are read again as they were, with every setting,
// and never beyond the limit. The first byte chooses the settings; then messages, each behind its
// length in two bytes.
#include "wire/deflate.hpp"

#include "law.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace socketio {

using wire::inflater;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned settings = data[0];
  const int window = 9 + static_cast<int>(settings % 7);
  const int level = static_cast<int>(settings / 7 % 11) - 1;
  const bool context = settings & 1;
  wire::deflater out(wire::deflate_format::raw, level, 1 + static_cast<int>(settings % 9), window);
  inflater in(window);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (rest.size() >= 2) {
    const auto length = static_cast<std::uint8_t>(rest[0]) | static_cast<std::uint8_t>(rest[1])
                                                                 << 8;
    rest.remove_prefix(2);
    const std::string_view plain = rest.substr(0, static_cast<std::size_t>(length));
    rest.remove_prefix(plain.size());
    std::string compressed, again;
    out.add_message(plain, compressed);
    fuzz::law(in.message(compressed, plain.size(), again) == inflater::outcome::complete,
              "what was compressed can be inflated, within its own size");
    fuzz::law(again == plain, "and is the same");
    if (!context) {
      in.forget();
      if (!plain.empty()) {
        fuzz::law(in.message(compressed, plain.size() - 1, again) == inflater::outcome::too_big,
                  "one byte less is too little");
        fuzz::law(again.size() < plain.size(), "and nobody gets more");
      }
      in.forget();
      out.forget();
    }
  }
  return 0;
}

}  // namespace socketio
