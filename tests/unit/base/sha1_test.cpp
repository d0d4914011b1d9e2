// SHA-1 against the vectors of RFC 3174, section 7.3, and against OpenSSL (through Node.js).
#include "base/sha1.hpp"

#include <gtest/gtest.h>

#include <string>

namespace socketio {
namespace {

std::string hex(const std::array<char, 20>& digest) {
  std::string out;
  for (const char byte : digest) {
    out += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

TEST(Sha1, agrees_with_the_rfc) {
  EXPECT_EQ(hex(sha1("")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(hex(sha1(std::string(1'000'000, 'a'))), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

// For each length n below 300, n bytes of the value n; the digests, one behind the other, are
// hashed once more. Covers every way in which the padding can fall on a block.
TEST(Sha1, agrees_with_openssl_for_every_length_around_the_block_size) {
  std::string digests;
  for (std::size_t n = 0; n < 300; ++n) {
    const auto digest = sha1(std::string(n, static_cast<char>(n)));
    digests.append(digest.data(), digest.size());
  }
  EXPECT_EQ(hex(sha1(digests)), "d9671045ec95ce485b528b447cfdc4589bec7e54");
}

}  // namespace
}  // namespace socketio
