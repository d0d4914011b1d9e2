// Base64 both ways: the vectors of RFC 4648, section 10, and what a lenient peer may send.
#include "base/base64.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace socketio {
namespace {

std::string encoded(std::string_view bytes) {
  std::string out;
  append_base64(bytes, out);
  return out;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  if (!append_decoded_base64(text, out)) return std::nullopt;
  return out;
}

TEST(Base64, HS20_encodes_and_decodes_the_vectors_of_the_rfc) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(encoded(bytes), text);
    EXPECT_EQ(base64_size(bytes.size()), text.size());
    EXPECT_EQ(decoded(text), bytes);
  }
}

TEST(Base64, every_byte_at_every_position_survives_the_round_trip) {
  for (std::size_t length = 0; length < 9; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string bytes(length, '\xA5');
        bytes[at] = static_cast<char>(byte);
        ASSERT_EQ(decoded(encoded(bytes)), bytes);
      }
    }
  }
}

TEST(Base64, accepts_what_other_encoders_write) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"-_-_", "\xfb\xff\xbf"},  // the URL-safe alphabet
      {"+/+/", "\xfb\xff\xbf"},
      {"Zg", "f"},  // no padding
      {"Zm8", "fo"},
      {"Zm 9v\r\nYm\tFy", "foobar"},
      {" Zg = = \n", "f"},
      {"Zh==", "f"},  // bits behind the last byte that are not zero
  };
  for (const auto& [text, bytes] : vectors) EXPECT_EQ(decoded(text), bytes) << text;
}

TEST(Base64, refuses_everything_else_and_leaves_the_output_alone) {
  const std::string_view wrong[] = {
      "Z", "Zm9vY",    "Zg=",  "Zg===", "Zm9v=",     "Zm9v====",
      "=", "Zg==Zg==", "Zm9*", "Zm9v!", "Z\xC3\xBC", std::string_view("Zm9\0", 4)};
  for (const std::string_view text : wrong) {
    std::string out = "before";
    EXPECT_FALSE(append_decoded_base64(text, out)) << text;
    EXPECT_EQ(out, "before");
  }
}

TEST(Base64, appends_behind_what_is_there) {
  std::string out = "b";
  append_base64("\x01\x02\x03\x04", out);
  EXPECT_EQ(out, "bAQIDBA==");
  std::string bytes = "x";
  EXPECT_TRUE(append_decoded_base64("AQ==", bytes));
  EXPECT_EQ(bytes, "x\x01");
}

}  // namespace
}  // namespace socketio
