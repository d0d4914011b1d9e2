// CM-01, CM-02: URLs as io(url) takes them. What the official client makes of each was seen by
// running its url.js (socket.io-client 4.8.4) on the same texts.
#include "base/client_url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace socketio {
namespace {

std::string printed(const query_pairs& query) {
  std::string out;
  for (const auto& [name, value] : query) out.append("(").append(name).append(")=").append(value);
  return out;
}

// "origin path", or what is wrong.
std::string read(std::string_view url) {
  const auto got = parse_client_url(url);
  return got ? got->origin() + " " + got->path : got.error().message();
}

// CM-01
TEST(ClientUrl, the_port_follows_from_the_scheme) {
  EXPECT_EQ(read("http://localhost"), "http://localhost:80 /");
  EXPECT_EQ(read("ws://localhost"), "ws://localhost:80 /");
  EXPECT_EQ(read("https://localhost"), "https://localhost:443 /");
  EXPECT_EQ(read("wss://ex.com"), "wss://ex.com:443 /");
  EXPECT_EQ(read("http://localhost:80"), read("http://localhost"));
  EXPECT_EQ(read("http://h:"), "http://h:80 /");
  EXPECT_EQ(read("http://h:65535/"), "http://h:65535 /");
  EXPECT_TRUE(parse_client_url("wss://h")->secure);
  EXPECT_TRUE(parse_client_url("https://h")->secure);
  EXPECT_FALSE(parse_client_url("ws://h")->secure);
  EXPECT_FALSE(parse_client_url("http://h")->secure);
}

// CM-01
TEST(ClientUrl, without_a_scheme_it_is_https) {
  EXPECT_EQ(read("localhost"), "https://localhost:443 /");
  EXPECT_EQ(read("localhost:3000/admin"), "https://localhost:3000 /admin");
  EXPECT_EQ(read("//example.com/x"), "https://example.com:443 /x");
  EXPECT_EQ(read("[::1]:3000"), "https://[::1]:3000 /");
  EXPECT_EQ(read("h?next=http://other/"), "https://h:443 /");
}

// CM-01
TEST(ClientUrl, the_path_is_the_namespace_as_it_stands) {
  EXPECT_EQ(read("http://h/"), "http://h:80 /");
  EXPECT_EQ(read("http://h/admin"), "http://h:80 /admin");
  EXPECT_EQ(read("https://h/a//b/?q"), "https://h:443 /a//b/");
  EXPECT_EQ(read("http://h/my%20room x"), "http://h:80 /my%20room x");
  EXPECT_EQ(read("http://h/r\xC3\xA4ume"), "http://h:80 /r\xC3\xA4ume");
  EXPECT_EQ(read("http://h?x"), "http://h:80 /");
  EXPECT_EQ(read("http://h#/x"), "http://h:80 /");
  EXPECT_EQ(read("http://h/@x:y"), "http://h:80 /@x:y");
}

// CM-02
TEST(ClientUrl, the_query_is_decoded_into_pairs) {
  const auto query = [](std::string_view url) { return printed(parse_client_url(url)->query); };
  EXPECT_EQ(query("http://h/?a=b=c&d"), "(a)=b=c(d)=");
  EXPECT_EQ(query("http://h/?a%20b=%C3%A4+%26&=x"), "(a b)=\xC3\xA4+&()=x");
  EXPECT_EQ(query("http://h/?a=1&b=2&a=3"), "(a)=3(b)=2");
  EXPECT_EQ(query("http://h/?&&a=1&&"), "(a)=1");
  EXPECT_EQ(query("http://h/?a=100%&b=%zz%4"), "(a)=100%(b)=%zz%4");
  EXPECT_EQ(query("http://h/a?b?c#d#e"), "(b?c)=");
  EXPECT_EQ(query("http://h/?"), "");
  EXPECT_EQ(parse_client_url("http://h/a?b?c#d#e")->fragment, "d#e");
  EXPECT_EQ(parse_client_url("http://h/#")->fragment, "");
}

// CM-01
TEST(ClientUrl, an_ipv6_address_stands_in_brackets) {
  const auto url = parse_client_url("http://[::1]:3000/admin?a=b=c#x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_TRUE(url->ipv6);
  EXPECT_EQ(url->authority(), "[::1]:3000");
  EXPECT_EQ(url->origin(), "http://[::1]:3000");
  EXPECT_EQ(url->path, "/admin");
  EXPECT_EQ(url->fragment, "x");
  EXPECT_EQ(read("http://[2001:DB8::7]"), "http://[2001:db8::7]:80 /");
  EXPECT_EQ(read("http://[::ffff:127.0.0.1]/"), "http://[::ffff:127.0.0.1]:80 /");
  EXPECT_EQ(read("http://[fe80::1%25eth0]/"), "http://[fe80::1%25eth0]:80 /");
  for (const std::string_view wrong :
       {"http://[::1", "http://[]", "http://[x]", "http://[1.2.3.4]", "http://[::1]3000",
        "http://[::1]x:1", "http://[fe80::1%]", "http://[::g]", "http://[::1/]"})
    EXPECT_EQ(read(wrong), "the brackets in the url hold no ipv6 address") << wrong;
  EXPECT_EQ(read("http://::1/"), "the url names no host");
}

TEST(ClientUrl, knows_who_asks) {
  const auto url = parse_client_url("http://us%40er:p:w@d@h:1/a");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->user, "us@er");
  EXPECT_EQ(url->password, "p:w@d");
  EXPECT_EQ(url->authority(), "h:1");
  EXPECT_EQ(parse_client_url("http://u@h")->user, "u");
  EXPECT_EQ(parse_client_url("u:p@h")->password, "p");
}

TEST(ClientUrl, capitals_do_not_matter_where_they_do_not) {
  EXPECT_EQ(read("HTTP://EXAMPLE.com/X"), "http://example.com:80 /X");
  EXPECT_EQ(read("wSS://h"), "wss://h:443 /");
}

TEST(ClientUrl, what_cannot_be_reached_is_said) {
  EXPECT_EQ(read("ftp://x"), "the scheme of the url is not http, https, ws or wss");
  EXPECT_EQ(read("://x"), "the scheme of the url is not http, https, ws or wss");
  EXPECT_EQ(read("file:///etc/x"), "the scheme of the url is not http, https, ws or wss");
  for (const std::string_view wrong : {"", "/", "/admin", "http://", "http://:80/", "http:///x",
                                       "?x", "#x", "http://u@/", "http://u@:1"})
    EXPECT_EQ(read(wrong), "the url names no host") << wrong;
  for (const std::string_view wrong : {"http://a b", "http://a<b", "http://a\"b", "http://h]",
                                       "http://a,b", "http://a\\b", "http://a{b}"})
    EXPECT_EQ(read(wrong), "the host of the url has a character that no host has") << wrong;
  for (const std::string_view wrong :
       {"http://h:0", "http://h:65536", "http://h:70000/", "http://h:abc", "http://h:-1",
        "http://h:+1", "http://h:8 0", "http://h:1:2", "http://h:99999999999999", "http:x"})
    EXPECT_EQ(read(wrong), "the port of the url is not a number from 1 to 65535") << wrong;
  for (const std::string_view wrong : {"http://h\r\nX: y", "http://h/\x01", "http://h/?\x7F", "\t"})
    EXPECT_EQ(read(wrong), "the url has a control character") << wrong;
  EXPECT_EQ(read(std::string_view("http://h/\0", 10)), "the url has a control character");
}

// CM-01
TEST(ClientUrl, has_at_most_8000_bytes) {
  const std::string longest = "http://h/" + std::string(7991, 'x');
  EXPECT_TRUE(parse_client_url(longest));
  EXPECT_EQ(read(longest + "x"), "the url is longer than 8000 bytes");
}

TEST(ClientUrl, every_error_has_a_text) {
  for (int value = 1; value <= 7; ++value)
    EXPECT_NE(url_category().message(value), "unknown error") << value;
  EXPECT_EQ(url_category().message(8), "unknown error");
  EXPECT_EQ(std::string(url_category().name()), "socketio.url");
}

// As encodeURIComponent of JavaScript, for each byte of ASCII.
TEST(PercentEncode, leaves_what_javascript_leaves) {
  const std::string_view left =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()";
  EXPECT_EQ(percent_encode_component(left), left);
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    const std::string encoded = percent_encode_component(one);
    EXPECT_EQ(encoded.size(), byte != 0 && left.find(one) != left.npos ? 1u : 3u) << byte;
  }
  EXPECT_EQ(percent_encode_component("a b&c=d/e?\xE2\x82\xAC+%"),
            "a%20b%26c%3Dd%2Fe%3F%E2%82%AC%2B%25");
}

TEST(Query, is_decoded_as_it_was_encoded) {
  const query_pairs pairs = {{"EIO", "4"}, {"a b", "=&?\xC3\xA4+%"}, {"", "x"}, {"empty", ""}};
  EXPECT_EQ(encode_query(pairs), "EIO=4&a%20b=%3D%26%3F%C3%A4%2B%25&=x&empty=");
  EXPECT_EQ(decode_query(encode_query(pairs)), pairs);
  EXPECT_EQ(encode_query({}), "");
}

}  // namespace
}  // namespace socketio
