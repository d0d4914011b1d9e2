// JSON against JavaScript: tests/vectors/json_texts.json.
#include "unit/wire/support.hpp"

#include <bit>

namespace socketio::wire {
namespace {

using namespace test;

std::string written(auto write) {
  std::string text;
  std::vector<std::span<const std::byte>> attachments;
  json_output out(text, attachments);
  write(out);
  return text;
}

TEST(JsonVectors, PK13_numbers_are_written_as_javascript_writes_them) {
  vectors("json_texts").each("numbers", [](const input& one) {
    const auto bits = std::stoull(text_of(one, "bits"), nullptr, 16);
    const auto number = std::bit_cast<double>(std::uint64_t{bits});
    EXPECT_EQ(written([&](output& out) { out.number(number); }), text_of(one, "text"));
  });
}

TEST(JsonVectors, PK13_strings_are_written_as_javascript_writes_them) {
  vectors("json_texts").each("quoted", [](const input& one) {
    const std::string text = text_of(one, "string");
    EXPECT_EQ(written([&](output& out) { out.string(text); }), text_of(one, "text"));
  });
}

// What JSON.parse accepts is accepted and means the same; what it refuses is refused.
void parses_like_javascript(const input& one) {
  json_reader reader;
  const std::string text = text_of(one, "text");
  const auto parsed = reader.parse(text);
  EXPECT_EQ(parsed.has_value(), !member(one, "error"));
  if (parsed && member(one, "value")) {
    EXPECT_EQ(printed(*parsed), text_of(one, "value"));
  }
}

TEST(JsonVectors, texts_are_accepted_and_refused_as_javascript_does) {
  vectors("json_texts").each("parsed", parses_like_javascript);
}
TEST(JsonVectors, mutated_texts_are_accepted_and_refused_as_javascript_does) {
  vectors("json_texts").each("mutants", parses_like_javascript);
}
TEST(JsonVectors, lone_surrogates_become_replacement_characters) {
  vectors("json_texts").each("repaired", parses_like_javascript);
}

}  // namespace
}  // namespace socketio::wire
