// UTF-8: is it valid, and if not, make it so. Text frames and JSON must be UTF-8 on the wire
// (RFC 6455, section 8.1; RFC 8259, section 8.1); strings of the application may be anything.
// Tested by tests/unit/base/utf8_test.cpp.
#pragma once

#include <string>
#include <string_view>

namespace socketio {

bool is_utf8(std::string_view text) noexcept;

// Appends `text`; each maximal invalid part becomes one U+FFFD, as TextDecoder and Buffer do it
// (https://encoding.spec.whatwg.org/#utf-8-decoder).
void append_as_utf8(std::string_view text, std::string& out);

// The longest prefix of at most `bytes_max` bytes that does not end inside a character. `text` must
// be valid.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) noexcept;

}  // namespace socketio
