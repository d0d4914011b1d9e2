// Response heads: what is said does not depend on how the bytes are cut, and what was read, written
// again, is read as the same. The first byte chooses the limit.
#include "wire/http_response_head.hpp"

#include "law.hpp"

#include <cstdint>
#include <string>

namespace socketio {
namespace {

std::string printed(const result<std::optional<wire::http_response_head>>& got) {
  if (!got) return "wrong " + got.error().message();
  if (!*got) return "";
  std::string out = "HTTP/1." + std::to_string((*got)->version % 10) + " " +
                    std::to_string((*got)->status) + " " + (*got)->reason + "\r\n";
  for (const auto& [name, value] : (*got)->headers)
    out.append(name).append(": ").append(value).append("\r\n");
  return out + "\r\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t bytes_max = std::size_t{data[0]} * 16;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = wire::read_response_head(bytes, bytes_max);
  const std::string said = printed(whole);

  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::string part = printed(wire::read_response_head(bytes.substr(0, length), bytes_max));
    fuzz::law(part.empty() || part == said, "a part says nothing, or the same");
  }
  if (!whole || !*whole) return 0;
  fuzz::law((*whole)->bytes <= bytes.size() && (*whole)->bytes <= bytes_max, "is within limits");
  fuzz::law(bytes.substr(0, (*whole)->bytes).ends_with("\r\n\r\n"), "ends with an empty line");
  // A space behind each colon is what ours may be longer by.
  const auto again = wire::read_response_head(said, said.size());
  fuzz::law(printed(again) == said, "written again is the same");
  fuzz::law((*again)->bytes == said.size(), "all of it is the head");
  return 0;
}

}  // namespace socketio
