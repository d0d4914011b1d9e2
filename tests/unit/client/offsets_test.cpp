// Which texts are taken for offsets of recovery (CR-04, Q-07).
#include "client/offsets.hpp"

#include <gtest/gtest.h>

#include <string>

namespace socketio::client_side {
namespace {

constexpr std::int64_t now = 1'763'798'400'000;  // 22 November 2025
constexpr std::string_view pid = "AbCdEFGHIJKLMNOPQRST";

std::string yeast(std::int64_t ms) {
  constexpr std::string_view digits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
  std::string text;
  for (; ms > 0; ms /= 64) text.insert(text.begin(), digits[static_cast<std::size_t>(ms % 64)]);
  return text;
}

//
TEST(Offsets, Q_07_TakesWhatAdaptersMake) {
  for (const std::string& text :
       {yeast(now), yeast(now - 86'400'000), yeast(now) + ".0", yeast(now) + ".1a",
        std::string("1763798400000-0"), std::string("1763798400000-17"),
        std::string("0123456789abcdef01234567"), std::string("AbCd123456789")})
    EXPECT_TRUE(is_plausible_offset(text, pid, now)) << text;
}

TEST(Offsets, Q_07_TakesNothingElse) {
  for (const std::string& text : {std::string(),
                                  std::string("message"),
                                  std::string("hello"),
                                  std::string("general"),
                                  yeast(now) + ".",
                                  yeast(now) + "x",
                                  yeast(now + 90ll * 86'400'000),
                                  yeast(now) + ". ",
                                  std::string("1-1"),
                                  std::string("1763798400000"),
                                  std::string("1763798400000-"),
                                  std::string("-1763798400000-1"),
                                  std::string("1763798400000--1"),
                                  std::string("1763798400000-1x"),
                                  std::string("9223372036854775807-1"),
                                  std::string("99999999999999999999-1"),
                                  std::string("0123456789ABCDEF01234567"),
                                  std::string("XbCd123456789"),
                                  std::string("AbCd12345678 "),
                                  std::string("AbCd12345678"),
                                  std::string(65, 'a')})
    EXPECT_FALSE(is_plausible_offset(text, pid, now)) << text;
  EXPECT_FALSE(is_plausible_offset(yeast(now), "", now)) << "without recovery there is none";
}

}  // namespace
}  // namespace socketio::client_side
