// CP-05: what a client offers of permessage-deflate, and which answers it takes. The vectors say
// what the client of `ws` does; where we are stricter, as RFC 7692 is, they say that too.
#include "wire/deflate_offer.hpp"

#include "unit/wire/support.hpp"

#include <gtest/gtest.h>

namespace socketio::wire {
namespace {

using test::member;
using test::text_of;

deflate_offer offer_of(const input& options) {
  deflate_offer offer;
  const auto flag = [&](std::string_view name, bool& into) {
    const auto found = member(options, name);
    EXPECT_TRUE(!found || found->get(into));
  };
  flag("serverNoContextTakeover", offer.server_no_context_takeover);
  flag("clientNoContextTakeover", offer.client_no_context_takeover);
  offer.server_max_window_bits =
      static_cast<int>(test::number_of<std::int64_t>(options, "serverMaxWindowBits", 15));
  offer.client_max_window_bits =
      static_cast<int>(test::number_of<std::int64_t>(options, "clientMaxWindowBits", 15));
  return offer;
}

std::string printed(const result<deflate_parameters>& got) {
  if (!got) return "refused";
  std::string out = "accepted permessage-deflate";
  if (got->server_no_context_takeover) out += "; server_no_context_takeover";
  if (got->client_no_context_takeover) out += "; client_no_context_takeover";
  if (got->server_window_bits < 15)
    out += "; server_max_window_bits=" + std::to_string(got->server_window_bits);
  if (got->client_window_bits < 15)
    out += "; client_max_window_bits=" + std::to_string(got->client_window_bits);
  return out;
}

std::string expected(const input& one) {
  const std::string kind = text_of(one, "kind");
  return kind == "accepted" ? "accepted " + text_of(one, "header") : kind;
}

TEST(DeflateOfferVectors, is_written_as_ws_writes_it) {
  test::vectors("deflate").each("offered", [](const input& one) {
    const auto options = member(one, "options");
    ASSERT_TRUE(options);
    EXPECT_EQ(offer_header(offer_of(*options)), text_of(one, "header"));
  });
}

TEST(DeflateOfferVectors, answers_are_taken_as_by_ws_or_the_rfc) {
  test::vectors("deflate").each("answered", [](const input& one) {
    const auto options = member(one, "options");
    ASSERT_TRUE(options);
    const auto ours = member(one, "ours");
    EXPECT_EQ(printed(accept_answer(text_of(one, "answer"), offer_of(*options))),
              expected(ours ? *ours : one));
  });
}

TEST(DeflateOffer, says_what_is_wrong) {
  const auto why = [](std::string_view answer, const deflate_offer& offer = {}) {
    const auto got = accept_answer(answer, offer);
    return got ? "accepted" : got.error().message();
  };
  const std::string pmd = "permessage-deflate";
  EXPECT_EQ(why(pmd), "accepted");
  EXPECT_EQ(why(""), "no list of websocket extensions");
  EXPECT_EQ(why(" , "), "no list of websocket extensions");
  EXPECT_EQ(why(pmd + "; a="), "no list of websocket extensions");
  EXPECT_EQ(why("x-other; a=b"), "a websocket extension that was not offered");
  EXPECT_EQ(why(pmd + ", " + pmd), "a websocket extension that was accepted twice");
  EXPECT_EQ(why(pmd + "; x"), "an unknown parameter of an extension");
  EXPECT_EQ(why(pmd + "; server_max_window_bits=16"), "a wrong parameter of an extension");
  EXPECT_EQ(why(pmd, {.server_no_context_takeover = true}),
            "an extension accepted without a parameter that was asked for");
  EXPECT_EQ(why(pmd, {.server_max_window_bits = 14}),
            "an extension accepted without a parameter that was asked for");
  EXPECT_EQ(why(pmd + "; client_max_window_bits=11", {.client_max_window_bits = 10}),
            "a window larger than was offered");
}

// Our own server's answer to our own offer is one that our client takes, and both then mean the
// same.
TEST(DeflateOffer, is_understood_by_our_server) {
  for (int choice = 0; choice < 256; ++choice) {
    const deflate_offer offer{
        .server_no_context_takeover = (choice & 1) != 0,
        .client_no_context_takeover = (choice & 2) != 0,
        .server_max_window_bits = choice & 4 ? 10 : 15,
        .client_max_window_bits = choice & 8 ? 11 : 15,
    };
    deflate_options options;
    options.server_no_context_takeover = (choice & 16) != 0;
    options.client_no_context_takeover = (choice & 32) != 0;
    options.server_max_window_bits = choice & 64 ? 9 : 15;
    options.client_max_window_bits = choice & 128 ? 8 : 15;
    const auto answer = negotiate_deflate(offer_header(offer), options);
    ASSERT_EQ(answer.what, deflate_answer::kind::accepted) << choice;
    const auto agreed = accept_answer(answer.header, offer);
    ASSERT_TRUE(agreed) << agreed.error().message();
    EXPECT_EQ(agreed->server_no_context_takeover, answer.agreed.server_no_context_takeover);
    EXPECT_EQ(agreed->client_no_context_takeover, answer.agreed.client_no_context_takeover);
    EXPECT_EQ(agreed->server_window_bits, answer.agreed.server_window_bits);
    EXPECT_EQ(agreed->client_window_bits, answer.agreed.client_window_bits);
  }
}

}  // namespace
}  // namespace socketio::wire
