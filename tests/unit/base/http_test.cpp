// The HTTP values that applications see, and the decoding of what stands in URLs.
#include "socketio/http.hpp"

#include "base/url.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace socketio {
namespace {

std::string listed(const http_headers& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out += name + ": " + value + "\n";
  return out;
}

std::string listed(const http_query& query) {
  std::string out;
  for (const auto& [name, value] : query) out += "[" + name + "=" + value + "]";
  return out;
}

TEST(HttpHeaders, names_are_compared_without_regard_to_case) {
  http_headers headers = {{"Content-Type", "text/html"}, {"X-One", "1"}};
  EXPECT_EQ(headers["content-type"], "text/html");
  EXPECT_EQ(headers["CONTENT-TYPE"], "text/html");
  EXPECT_TRUE(headers.contains("x-oNE"));
  EXPECT_FALSE(headers.contains("x-on"));
  EXPECT_FALSE(headers.find("x-two").has_value());
  EXPECT_EQ(headers["x-two"], "");
  // only letters fold: '[' and '{' differ by the same bit
  headers.add("X-[", "bracket");
  EXPECT_FALSE(headers.contains("x-{"));
}

TEST(HttpHeaders, add_appends_and_set_replaces_all) {
  http_headers headers;
  EXPECT_TRUE(headers.empty());
  headers.add("Set-Cookie", "a=1");
  headers.add("X", "x");
  headers.add("set-cookie", "b=2");
  EXPECT_EQ(listed(headers), "Set-Cookie: a=1\nX: x\nset-cookie: b=2\n");
  EXPECT_EQ(headers["set-cookie"], "a=1");
  headers.set("SET-COOKIE", "c=3");
  EXPECT_EQ(listed(headers), "Set-Cookie: c=3\nX: x\n");
  headers.set("New", "n");
  headers.remove("x");
  EXPECT_EQ(listed(headers), "Set-Cookie: c=3\nNew: n\n");
  EXPECT_EQ(headers.size(), 2u);
}

TEST(HttpHeaders, HD04_a_list_takes_each_item_once) {
  http_headers headers;
  headers.append_to_list("Vary", "Origin");
  headers.append_to_list("vary", "origin");
  EXPECT_EQ(listed(headers), "Vary: Origin\n");
  headers.append_to_list("Vary", "Accept-Encoding");
  headers.append_to_list("Vary", "Accept");
  EXPECT_EQ(listed(headers), "Vary: Origin, Accept-Encoding, Accept\n");
  http_headers any = {{"Vary", "*"}};
  any.append_to_list("Vary", "Origin");
  EXPECT_EQ(listed(any), "Vary: *\n");
  http_headers empty = {{"Vary", ""}};
  empty.append_to_list("Vary", "Origin");
  EXPECT_EQ(listed(empty), "Vary: Origin\n");
}

// What `Object.fromEntries(new URLSearchParams(...))` makes of the same text in Node 20.
TEST(HttpQuery, HS04_is_decoded_as_urlsearchparams_does) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"", ""},
      {"?", ""},
      {"EIO=4&transport=polling", "[EIO=4][transport=polling]"},
      {"?EIO=4", "[EIO=4]"},
      {"a=1&b=2&a=3", "[a=3][b=2]"},  // the last value at the first place
      {"a=1&a=2&a=3&b=0&b=1", "[a=3][b=1]"},
      {"a", "[a=]"},
      {"a=", "[a=]"},
      {"=a", "[=a]"},
      {"&&a=1&&", "[a=1]"},
      {"a=b=c", "[a=b=c]"},
      {"a+b=c+d", "[a b=c d]"},
      {"a%20b=%2B", "[a b=+]"},
      {"a=%zz%4&b=%", "[a=%zz%4][b=%]"},
      {"a=%C3%BC", "[a=\xC3\xBC]"},
      {"a=%FF%C3", "[a=\xEF\xBF\xBD\xEF\xBF\xBD]"},
      {"??a=1", "[?a=1]"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(listed(http_query(text)), expected) << text;
}

TEST(HttpQuery, tells_an_empty_value_from_none) {
  const http_query query("b64&sid=abc");
  EXPECT_TRUE(query.contains("b64"));
  EXPECT_EQ(query["b64"], "");
  EXPECT_FALSE(query.contains("j"));
  EXPECT_EQ(query["j"], "");
  EXPECT_EQ(query["sid"], "abc");
}

TEST(HttpQuery, thousands_of_parameters_are_no_burden) {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += std::to_string(i % 10'000) + "=" + std::to_string(i) + "&";
  const http_query query(text);
  EXPECT_EQ(query["0"], "10000");
  EXPECT_EQ(query["9999"], "19999");
  EXPECT_EQ(std::distance(query.begin(), query.end()), 10'000);
}

TEST(Url, percent_decoding_leaves_alone_what_is_no_escape) {
  EXPECT_EQ(percent_decode("/a%2Fb%20c+d"), "/a/b c+d");
  EXPECT_EQ(percent_decode("%41%4a%4A"), "AJJ");
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%%41"), "%A");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
  EXPECT_EQ(form_decode("a+b%2Bc"), "a b+c");
}

http_query query_of(const char* text) { return http_query(text); }
http_headers one_header() { return {{"X-Name", "somebody with a long name"}}; }

// `socket.handshake().query["x"]` is a look into a temporary: what comes of it has to last.
TEST(HttpQuery, of_a_temporary_the_values_are_copies) {
  static_assert(std::is_same_v<decltype(query_of("")["a"]), std::string>);
  static_assert(std::is_same_v<decltype(one_header()["a"]), std::string>);
  const auto value = query_of("a=a value that is no short string")["a"];
  EXPECT_EQ(value, "a value that is no short string");
  EXPECT_EQ(query_of("a=1").find("a"), "1");
  EXPECT_EQ(query_of("a=1").find("b"), std::nullopt);
  const auto name = one_header().find("x-name");
  EXPECT_EQ(name, "somebody with a long name");
  EXPECT_EQ(one_header()["y"], "");
}

TEST(HttpResponse, carries_the_type_of_its_body) {
  EXPECT_EQ(http_response::text(404, "no").headers["content-type"], "text/plain; charset=utf-8");
  EXPECT_EQ(http_response::text(404, "no").status, 404u);
  EXPECT_EQ(http_response::json(400, "{}").headers["content-type"], "application/json");
  EXPECT_EQ(http_response::json(400, "{}").body, "{}");
  EXPECT_EQ(http_response::html("<p>").headers["content-type"], "text/html; charset=utf-8");
  EXPECT_EQ(http_response::html("<p>").status, 200u);
}

}  // namespace
}  // namespace socketio
