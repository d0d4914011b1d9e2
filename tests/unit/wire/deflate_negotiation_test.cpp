// CP-05: what becomes of an offer of permessage-deflate. The vectors say what the server of `ws`
// answers; where we follow the RFC instead, they say that too.
#include "wire/deflate_negotiation.hpp"

#include "unit/wire/support.hpp"

#include <gtest/gtest.h>

namespace socketio::wire {
namespace {

// The defaults of `ws`: contexts go on.
deflate_options plain_options() {
  deflate_options options;
  options.server_no_context_takeover = options.client_no_context_takeover = false;
  return options;
}

std::string printed_answer(const deflate_answer& answer) {
  switch (answer.what) {
    case deflate_answer::kind::declined: return "declined";
    case deflate_answer::kind::malformed: return "malformed";
    case deflate_answer::kind::accepted: return "accepted " + answer.header;
  }
  return "";
}

std::string expected(const input& one) {
  const std::string kind = test::text_of(one, "kind");
  return kind == "accepted" ? "accepted " + test::text_of(one, "header") : kind;
}

TEST(DeflateNegotiationVectors, offers_are_answered_as_by_ws_or_the_rfc) {
  test::vectors("deflate").each("negotiated", [](const input& one) {
    deflate_options options = plain_options();
    const auto given = test::member(one, "options");
    ASSERT_TRUE(given);
    const auto flag = [&](std::string_view name, bool& into) {
      const auto found = test::member(*given, name);
      EXPECT_TRUE(!found || found->get(into));
    };
    flag("serverNoContextTakeover", options.server_no_context_takeover);
    flag("clientNoContextTakeover", options.client_no_context_takeover);
    options.server_max_window_bits =
        static_cast<int>(test::number_of<std::int64_t>(*given, "serverMaxWindowBits", 15));
    options.client_max_window_bits =
        static_cast<int>(test::number_of<std::int64_t>(*given, "clientMaxWindowBits", 15));
    const auto ours = test::member(one, "ours");
    EXPECT_EQ(printed_answer(negotiate_deflate(test::text_of(one, "offer"), options)),
              expected(ours ? *ours : one));
  });
}

TEST(DeflateNegotiation, by_default_no_side_keeps_a_context) {
  const auto answer = negotiate_deflate("permessage-deflate; client_max_window_bits", {});
  EXPECT_EQ(answer.header,
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_TRUE(answer.agreed.server_no_context_takeover);
  EXPECT_TRUE(answer.agreed.client_no_context_takeover);
  EXPECT_EQ(answer.agreed.server_window_bits, 15);
  EXPECT_EQ(answer.agreed.client_window_bits, 15);
}

TEST(DeflateNegotiation, what_is_agreed_is_what_the_header_says) {
  deflate_options options = plain_options();
  options.server_max_window_bits = 12;
  options.client_max_window_bits = 11;
  const auto answer = negotiate_deflate(
      "permessage-deflate; server_max_window_bits=10; client_max_window_bits=14", options);
  EXPECT_EQ(answer.header,
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=11");
  EXPECT_FALSE(answer.agreed.server_no_context_takeover);
  EXPECT_FALSE(answer.agreed.client_no_context_takeover);
  EXPECT_EQ(answer.agreed.server_window_bits, 10);
  EXPECT_EQ(answer.agreed.client_window_bits, 11);
}

// Whatever the bytes are, there is an answer; and an offer that is cut is never another one that
// promises more than was offered.
TEST(DeflateNegotiation, an_offer_may_be_cut_anywhere) {
  const std::string offer =
      "x-a; b=\"c\", permessage-deflate; server_no_context_takeover; "
      "client_max_window_bits=\"1\\2\"; "
      "server_max_window_bits = 10 , permessage-deflate";
  for (std::size_t length = 0; length <= offer.size(); ++length) {
    const auto answer = negotiate_deflate(offer.substr(0, length), plain_options());
    if (answer.what != deflate_answer::kind::accepted) continue;
    EXPECT_TRUE(answer.header.starts_with("permessage-deflate")) << length;
    EXPECT_GE(answer.agreed.server_window_bits, 9);
    EXPECT_LE(answer.agreed.client_window_bits, 15);
  }
  EXPECT_EQ(negotiate_deflate(offer, plain_options()).header,
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; "
            "client_max_window_bits=12");
}

TEST(DeflateNegotiation, any_byte_in_any_place_gets_an_answer) {
  const std::string offer = "permessage-deflate; client_max_window_bits=\"10\", other";
  for (std::size_t at = 0; at <= offer.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = offer;
      changed.insert(at, 1, static_cast<char>(byte));
      static_cast<void>(negotiate_deflate(changed, {}));
    }
  }
}

}  // namespace
}  // namespace socketio::wire
