// Passwords and their bcrypt hashes; crypt_r() of libxcrypt does the work. Pure functions, slow by
// design: cost 10 takes some 50 ms, and each step doubles it. Tested by
// tests/unit/server/admin_login_test.cpp.
#pragma once

#include <string>
#include <string_view>

namespace socketio::admin {

inline constexpr int bcrypt_cost_max = 16;  // some seconds: nobody waits longer, nor does close()

// The cost of a hash of the forms $2a$, $2b$ and $2y$; 0 when it is no such hash.
int bcrypt_cost(std::string_view hash) noexcept;
// False also for what bcrypt cannot tell apart or does not take: a NUL, more than 512 bytes.
bool bcrypt_matches(std::string_view password, const std::string& hash);

// Takes as long whether and wherever they differ.
bool same_text(std::string_view a, std::string_view b) noexcept;

}  // namespace socketio::admin
