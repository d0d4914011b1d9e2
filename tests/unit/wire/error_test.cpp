// The errors of this floor.
#include "wire/error.hpp"

#include <gtest/gtest.h>

#include <set>

namespace socketio::wire {
namespace {

TEST(WireError, every_value_has_a_text_of_its_own) {
  std::set<std::string> texts;
  for (int value = 1; value < 64; ++value) {
    const std::string text = wire_category().message(value);
    if (text != "unknown error") {
      EXPECT_TRUE(texts.insert(text).second) << text;
    }
  }
  EXPECT_EQ(texts.size(), 32u);
  const std::error_code code = wire_errc::json_too_deep;
  EXPECT_EQ(code.message(), "json nested too deeply");
  EXPECT_EQ(std::string(code.category().name()), "socketio.wire");
}

TEST(WireError, PK10_uses_the_words_of_the_official_parser) {
  const auto text = [](wire_errc code) { return make_error_code(code).message(); };
  EXPECT_EQ(text(wire_errc::unexpected_text), "got plaintext data when reconstructing a packet");
  EXPECT_EQ(text(wire_errc::unexpected_binary), "got binary data when not reconstructing a packet");
  EXPECT_EQ(text(wire_errc::illegal_attachments), "illegal attachments");
  EXPECT_EQ(text(wire_errc::too_many_attachments), "too many attachments");
  EXPECT_EQ(text(wire_errc::invalid_payload), "invalid payload");
}

}  // namespace
}  // namespace socketio::wire
