// See session_id.hpp. The layout is that of the npm package base64id: 12 random bytes, then 24 bits
// of a counter, so that the last four characters run AAAA, AAAB, AAAC (HS-10). Six of these bits,
// one character, are the shard here.
#include "base/session_id.hpp"

#include "base/base64.hpp"

#include <algorithm>
#include <cassert>

namespace socketio {

session_id::session_id(std::string_view text) noexcept {
  assert(text.size() == length);
  text_.fill('-');
  std::copy_n(text.begin(), std::min(text.size(), length), text_.begin());
}

unsigned session_id::shard() const noexcept {
  const char c = text_[16];
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 52;
  return c == '-' ? 62 : 63;
}

session_id id_generator::next() {
  std::array<std::byte, 15> bytes{};
  random_.fill(std::span(bytes).first(12));
  const std::uint32_t count = shard_ << 18 | (counter_++ & 0x3FFFF);
  bytes[12] = static_cast<std::byte>(count >> 16);
  bytes[13] = static_cast<std::byte>(count >> 8);
  bytes[14] = static_cast<std::byte>(count);

  std::string text;  // 20 characters: one allocation per session, not per message
  append_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, text);
  std::replace(text.begin(), text.end(), '/', '_');
  std::replace(text.begin(), text.end(), '+', '-');
  return session_id(text);
}

}  // namespace socketio
