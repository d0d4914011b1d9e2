// Response heads: a table of what is read and of what is refused, each also cut at every byte.
#include "wire/http_response_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace socketio::wire {
namespace {

constexpr std::size_t limit = 1000;

// One line: what the head says, or what is wrong with it.
std::string printed(const result<std::optional<http_response_head>>& got) {
  if (!got) return got.error().message();
  if (!*got) return "more";
  const http_response_head& head = **got;
  std::string out = std::to_string(head.version) + " " + std::to_string(head.status) + " '" +
                    head.reason + "' " + std::to_string(head.bytes);
  for (const auto& [name, value] : head.headers)
    out.append(" ").append(name).append("=<").append(value).append(">");
  return out;
}

// Whatever is at the front of the bytes says nothing, or the same as all of them.
std::string read(std::string_view bytes, std::size_t bytes_max = limit) {
  const std::string whole = printed(read_response_head(bytes, bytes_max));
  bool said = false;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::string part = printed(read_response_head(bytes.substr(0, length), bytes_max));
    if (part != "more") said = true;
    EXPECT_EQ(part, said ? whole : "more") << "cut at " << length << " of " << bytes;
  }
  return whole;
}

std::string with_field(std::string_view line) {
  return read("HTTP/1.1 200 OK\r\n" + std::string(line) + "\r\n\r\n");
}

TEST(ResponseHead, is_read) {
  EXPECT_EQ(read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection:Upgrade\r\n"
                 "Sec-WebSocket-Accept: \t s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t\r\n\r\n\x81\x01x"),
            "11 101 'Switching Protocols' 132 Upgrade=<websocket> Connection=<Upgrade> "
            "Sec-WebSocket-Accept=<s3pPLMBiTxaQ9kYGzzhZRbK+xOo=>");
  EXPECT_EQ(read("HTTP/1.0 400 Bad Request\r\n\r\n"), "10 400 'Bad Request' 28");
  EXPECT_EQ(read("HTTP/1.1 200 \r\n\r\n"), "11 200 '' 17");
  EXPECT_EQ(read("HTTP/1.1 200\r\n\r\n"), "11 200 '' 16");
  EXPECT_EQ(read("HTTP/1.1 503 n\xC3\xA4h\t!\r\n\r\n"), "11 503 'n\xC3\xA4h\t!' 23");
  EXPECT_EQ(read(""), "more");
}

TEST(ResponseHead, what_comes_twice_is_kept_twice_and_in_order) {
  EXPECT_EQ(with_field("Set-Cookie: a=1\r\nset-cookie: b=2\r\nSet-Cookie: c=3"),
            "11 200 'OK' 70 Set-Cookie=<a=1> set-cookie=<b=2> Set-Cookie=<c=3>");
}

TEST(ResponseHead, values_may_be_empty_and_hold_colons_and_bytes_beyond_ascii) {
  EXPECT_EQ(with_field("A:"), "11 200 'OK' 23 A=<>");
  EXPECT_EQ(with_field("A: \t "), "11 200 'OK' 26 A=<>");
  EXPECT_EQ(with_field("!#$%&'*+-.^_`|~09az: a: b\tc\xFF"),
            "11 200 'OK' 49 !#$%&'*+-.^_`|~09az=<a: b\tc\xFF>");
}

TEST(ResponseHead, RFC9112_4_a_status_line_is_nothing_else) {
  for (const std::string_view line : {"",
                                      " HTTP/1.1 200 OK",
                                      "HTTP/1.1",
                                      "HTTP/1.1 ",
                                      "HTTP/1.1 20 OK",
                                      "HTTP/1.1 2000 OK",
                                      "HTTP/1.1 +20 OK",
                                      "HTTP/1.1 0x0 OK",
                                      "HTTP/1.1  200 OK",
                                      "HTTP/1.1\t200 OK",
                                      "HTTP/1.1 200\tOK",
                                      "HTTP/1.1 200OK",
                                      "HTTP/1.2 200 OK",
                                      "HTTP/2.0 200 OK",
                                      "HTTP/1.10 200 OK",
                                      "http/1.1 200 OK",
                                      "ICY 200 OK",
                                      "HTTP/1.1 099 OK",
                                      "HTTP/1.1 600 OK",
                                      "SSH-2.0-OpenSSH_9.2p1",
                                      "HTTP/1.1 200 O\x01K",
                                      "HTTP/1.1 200 \x7F"}) {
    EXPECT_EQ(read(std::string(line) + "\r\n\r\n"), "no status line of HTTP/1.1") << line;
  }
  EXPECT_EQ(read(std::string_view("HTTP/1.1 200 O\0K\r\n\r\n", 20)), "no status line of HTTP/1.1");
}

TEST(ResponseHead, RFC9112_2_2_lines_end_with_cr_lf_and_nothing_else_does) {
  const std::string wrong = "a line that does not end with CR LF";
  EXPECT_EQ(read("HTTP/1.1 200 OK\n\n"), wrong);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nA: b\n\r\n"), wrong);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nA: b\r\n\n"), wrong);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n"), wrong);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n"), wrong);
  EXPECT_EQ(read("HTTP/1.1 200\r OK\r\n\r\n"), wrong);
}

TEST(ResponseHead, RFC9112_5_1_a_name_is_a_token_with_its_colon_right_behind_it) {
  for (const std::string_view line : {"A", ": b", "A : b", "A\t: b", "A b: c", "A(b): c", "\xC3: b",
                                      "A\x01: b", "\"A\": b", "A/b: c", "A@: c"}) {
    EXPECT_EQ(with_field(line), "a header field without a proper name") << line;
  }
  EXPECT_EQ(with_field(std::string_view("A\0: b", 5)), "a header field without a proper name");
}

TEST(ResponseHead, RFC9112_5_2_a_folded_line_is_refused) {
  EXPECT_EQ(with_field("A: b\r\n c"), "a header field on several lines");
  EXPECT_EQ(with_field("A: b\r\n\tc"), "a header field on several lines");
  EXPECT_EQ(with_field(" A: b"), "a header field on several lines");
  EXPECT_EQ(with_field("A: b\r\n "), "a header field on several lines");
}

TEST(ResponseHead, RFC9110_5_5_a_value_has_no_control_character_but_the_tab) {
  for (int byte = 0; byte < 256; ++byte) {
    if (byte == '\r' || byte == '\n') continue;
    const std::string got = with_field("A: b" + std::string(1, static_cast<char>(byte)) + "c");
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F)
      EXPECT_EQ(got, "a control character in a header field") << byte;
    else
      EXPECT_TRUE(got.starts_with("11 200 'OK' 27 A=<b")) << byte;
  }
}

TEST(ResponseHead, has_a_limit_of_bytes_with_the_empty_line_in_it) {
  const std::string head = "HTTP/1.1 200 OK\r\nA: " + std::string(100, 'x') + "\r\n\r\n";
  EXPECT_TRUE(read(head, head.size()).starts_with("11 200"));
  EXPECT_TRUE(read(head + "frames", head.size()).starts_with("11 200"));
  EXPECT_EQ(read(head, head.size() - 1), "the head of the response is too big");
  EXPECT_EQ(read(std::string(50, 'x'), 50), "the head of the response is too big");
  EXPECT_EQ(read(std::string(49, 'x'), 50), "more");
  // Of what is wrong the first counts.
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n A: " + std::string(100, 'x'), 60),
            "the head of the response is too big");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n A: b\r\nC: " + std::string(100, 'x'), 60),
            "a header field on several lines");
}

TEST(ResponseHead, has_a_limit_of_fields) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (std::size_t i = 0; i < response_fields_max; ++i) head += "a:\r\n";
  const auto got = read_response_head(head + "\r\n", 10'000);
  ASSERT_TRUE(got && *got);
  EXPECT_EQ((*got)->headers.size(), response_fields_max);
  EXPECT_EQ(printed(read_response_head(head + "a:\r\n\r\n", 10'000)), "too many header fields");
}

}  // namespace
}  // namespace socketio::wire
