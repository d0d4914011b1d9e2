#include "server/admin/bcrypt.hpp"

#include <algorithm>
#include <crypt.h>
#include <memory>

namespace socketio::admin {

// $2b$10$ and 53 characters of its base64: 22 of the salt, 31 of the hash.
int bcrypt_cost(std::string_view hash) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_base64 = [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '.' || c == '/';
  };
  if (hash.size() != 60 || !hash.starts_with("$2") || hash[3] != '$' || hash[6] != '$') return 0;
  if (hash[2] != 'a' && hash[2] != 'b' && hash[2] != 'y') return 0;
  if (!is_digit(hash[4]) || !is_digit(hash[5])) return 0;
  if (!std::ranges::all_of(hash.substr(7), is_base64)) return 0;
  const int cost = (hash[4] - '0') * 10 + (hash[5] - '0');
  return cost >= 4 && cost <= 31 ? cost : 0;
}

bool bcrypt_matches(std::string_view password, const std::string& hash) {
  // crypt_r reads up to a NUL: what is behind one would not count.
  if (password.size() > 512 || password.find('\0') != std::string_view::npos) return false;
  const auto room = std::make_unique<crypt_data>();  // 32 KiB
  const std::string text(password);
  const char* const made = crypt_r(text.c_str(), hash.c_str(), room.get());
  return made && same_text(made, hash);
}

bool same_text(std::string_view a, std::string_view b) noexcept {
  unsigned different = a.size() != b.size();
  for (std::size_t i = 0; i < a.size(); i++) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    different |= static_cast<unsigned char>(a[i] ^ other);
  }
  return different == 0;
}

}  // namespace socketio::admin
