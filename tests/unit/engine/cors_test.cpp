// Cross-origin headers as the npm package `cors` sets them. Rows HD-01 to HD-06.
#include "engine/cors.hpp"

#include <gtest/gtest.h>

namespace socketio::engine {
namespace {

struct outcome {
  cors_answer answer;
  http_headers headers;
};

outcome ask(const cors_options& with, std::string method = "GET",
            std::string origin = "https://page.example", std::string wanted_headers = "") {
  http_request request;
  request.method = std::move(method);
  if (!origin.empty()) request.headers.add("Origin", std::move(origin));
  if (!wanted_headers.empty()) {
    request.headers.add("Access-Control-Request-Headers", std::move(wanted_headers));
  }
  outcome got;
  got.answer = apply_cors(with, request, got.headers);
  return got;
}

constexpr const char* allow_origin = "Access-Control-Allow-Origin";

TEST(Cors, HD02_HD03_allows_every_origin_by_default) {
  const auto got = ask({});
  EXPECT_FALSE(got.answer.preflight);
  EXPECT_EQ(got.headers[allow_origin], "*");
  EXPECT_EQ(got.headers.size(), 1u);
}

TEST(Cors, HD03_a_fixed_origin_is_always_named_and_varies) {
  cors_options with;
  with.origin = "https://only.example";
  for (const char* origin : {"https://only.example", "https://other.example", ""}) {
    const auto got = ask(with, "GET", origin);
    EXPECT_EQ(got.headers[allow_origin], "https://only.example");
    EXPECT_EQ(got.headers["Vary"], "Origin");
  }
}

TEST(Cors, HD03_a_list_reflects_its_members_and_varies_for_all) {
  cors_options with;
  with.origins = {"https://a.example", "https://page.example"};
  EXPECT_EQ(ask(with).headers[allow_origin], "https://page.example");
  for (const char* origin :
       {"https://evil.example", "https://page.example.evil", "https://page.exampl", ""}) {
    const auto got = ask(with, "GET", origin);
    EXPECT_FALSE(got.headers.contains(allow_origin)) << origin;
    EXPECT_EQ(got.headers["Vary"], "Origin");
  }
}

TEST(Cors, HD03_reflect_names_whoever_asks) {
  cors_options with;
  with.reflect = true;
  EXPECT_EQ(ask(with).headers[allow_origin], "https://page.example");
  EXPECT_EQ(ask(with).headers["Vary"], "Origin");
  EXPECT_FALSE(ask(with, "GET", "").headers.contains(allow_origin));
}

TEST(Cors, HD03_a_predicate_decides_and_its_no_means_no_headers_and_no_preflight) {
  cors_options with;
  with.origins = {"https://never.example"};  // the predicate wins
  with.allow = [](std::string_view origin) { return origin.ends_with(".example"); };
  EXPECT_EQ(ask(with).headers[allow_origin], "https://page.example");
  const auto refused = ask(with, "OPTIONS", "https://page.test");
  EXPECT_FALSE(refused.answer.preflight);
  EXPECT_TRUE(refused.headers.empty());
}

TEST(Cors, HD02_an_empty_origin_switches_cors_off) {
  cors_options with;
  with.origin = "";
  EXPECT_TRUE(ask(with).headers.empty());
  EXPECT_FALSE(ask(with, "OPTIONS").answer.preflight);
}

TEST(Cors, HD04_credentials_and_exposed_headers_stand_on_every_response) {
  cors_options with;
  with.credentials = true;
  with.exposed_headers = {"x-one", "x-two"};
  for (const char* method : {"GET", "POST", "OPTIONS"}) {
    const auto got = ask(with, method);
    EXPECT_EQ(got.headers["Access-Control-Allow-Credentials"], "true");
    EXPECT_EQ(got.headers["Access-Control-Expose-Headers"], "x-one,x-two");
  }
}

TEST(Cors, HD05_a_preflight_lists_methods_and_reflects_headers) {
  const auto got = ask({}, "OPTIONS", "https://page.example", "x-token,content-type");
  EXPECT_TRUE(got.answer.preflight);
  EXPECT_EQ(got.answer.status, 204u);
  EXPECT_EQ(got.headers["Access-Control-Allow-Methods"], "GET,HEAD,PUT,PATCH,POST,DELETE");
  EXPECT_EQ(got.headers["Access-Control-Allow-Headers"], "x-token,content-type");
  EXPECT_EQ(got.headers["Vary"], "Access-Control-Request-Headers");
  EXPECT_FALSE(got.headers.contains("Access-Control-Max-Age"));
}

TEST(Cors, HD04_HD05_the_details_of_a_preflight_can_be_set) {
  cors_options with;
  with.reflect = true;
  with.methods = {"GET", "POST"};
  with.allowed_headers = {"x-one", "x-two"};
  with.max_age_seconds = 600;
  with.options_success_status = 200;
  const auto got = ask(with, "OPTIONS", "https://page.example", "x-other");
  EXPECT_EQ(got.answer.status, 200u);
  EXPECT_EQ(got.headers["Access-Control-Allow-Methods"], "GET,POST");
  EXPECT_EQ(got.headers["Access-Control-Allow-Headers"], "x-one,x-two");
  EXPECT_EQ(got.headers["Access-Control-Max-Age"], "600");
  EXPECT_EQ(got.headers["Vary"], "Origin");
}

TEST(Cors, HD03_an_existing_vary_header_is_kept) {
  cors_options with;
  with.reflect = true;
  http_request request;
  request.method = "OPTIONS";
  request.headers.add("Origin", "https://page.example");
  http_headers out{{"Vary", "Accept-Encoding"}};
  apply_cors(with, request, out);
  EXPECT_EQ(out["Vary"], "Accept-Encoding, Origin, Access-Control-Request-Headers");
}

}  // namespace
}  // namespace socketio::engine
