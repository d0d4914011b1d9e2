// The value of Sec-WebSocket-Extensions as a list (RFC 6455, section 9.1), for both sides of the
// opening handshake (deflate_negotiation.hpp, deflate_offer.hpp).
#pragma once

#include "base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace socketio::wire {

// extension-list = 1#( token *( ";" token [ "=" ( token | quoted-string ) ] ) )
class extension_list {
 public:
  explicit extension_list(std::string_view text) noexcept : rest_(text) {}

  bool malformed() const noexcept { return malformed_; }
  // The name of the next extension; nullopt at the end, or when there is none.
  std::optional<std::string_view> next_extension() {
    skip_spaces();
    // An empty element of a list says nothing (RFC 9110, section 5.6.1).
    while (take(',')) skip_spaces();
    if (rest_.empty()) return std::nullopt;
    return token();
  }

  struct parameter {
    std::string_view name;
    std::optional<std::string> value;
  };
  // The next parameter of that extension; nullopt behind the last.
  std::optional<parameter> next_parameter() {
    if (malformed_) return std::nullopt;
    skip_spaces();
    if (rest_.empty() || rest_.front() == ',') return std::nullopt;
    if (!take(';')) return fail();
    skip_spaces();
    const auto name = token();
    if (!name) return std::nullopt;
    skip_spaces();
    if (!take('=')) return parameter{*name, std::nullopt};
    skip_spaces();
    if (take('"')) return quoted(*name);
    const auto value = token();
    if (!value) return std::nullopt;
    return parameter{*name, std::string(*value)};
  }

 private:
  std::nullopt_t fail() noexcept {
    malformed_ = true;
    return std::nullopt;
  }
  bool take(char wanted) noexcept {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_spaces() noexcept {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  }
  std::optional<std::string_view> token() noexcept {
    const auto* const end =
        std::find_if_not(rest_.begin(), rest_.end(), [](char c) { return is_token(c); });
    const std::string_view found = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    if (found.empty()) return fail();
    rest_.remove_prefix(found.size());
    return found;
  }
  // Behind its first quote. What it says must be a token, too.
  std::optional<parameter> quoted(std::string_view name) {
    std::string value;
    while (!take('"')) {
      take('\\');
      if (rest_.empty() || !is_token(rest_.front())) return fail();
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    if (value.empty()) return fail();
    return parameter{name, std::move(value)};
  }

  std::string_view rest_;
  bool malformed_ = false;
};

// "8" to "15" without leading zeros (RFC 7692, section 7.1.2).
inline std::optional<int> read_window_bits(const std::optional<std::string>& value) {
  if (!value) return std::nullopt;
  for (int bits = 8; bits <= 15; ++bits)
    if (*value == std::to_string(bits)) return bits;
  return std::nullopt;
}

}  // namespace socketio::wire
