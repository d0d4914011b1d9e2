// Base64 (RFC 4648): binary packets over polling (HS-20), session ids (HS-10),
// Sec-WebSocket-Accept. Tested by tests/unit/base/base64_test.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace socketio {

// Appends the encoding of `bytes` with padding.
void append_base64(std::string_view bytes, std::string& out);
std::size_t base64_size(std::size_t bytes) noexcept;

// Appends what `text` encodes; false, with `out` as it was, when it is not base64. Both alphabets
// are accepted, padding may be missing, and whitespace between the characters is skipped.
bool append_decoded_base64(std::string_view text, std::string& out);

}  // namespace socketio
