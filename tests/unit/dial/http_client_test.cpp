// Requests over plain HTTP: what is sent, what is made of the answer, kept connections, limits, and
// every way in which an answer may fail to come.
#include "dial/http_client.hpp"

#include "unit/dial/raw_server.hpp"
#include "wire/deflate.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace socketio::test {
namespace {

using dial::failure;
using dial::http_answer;
using dial::http_call;
using dial::http_client;
using dial::http_outcome;
using dial::trouble;

class HttpClient : public ::testing::Test {
 protected:
  http_outcome ask(http_call call) {
    std::optional<http_outcome> told;
    client->start(std::move(call), [&](http_outcome outcome) { told = std::move(outcome); });
    EXPECT_FALSE(told) << "told inside start()";
    EXPECT_TRUE(turn_until(loop, [&] { return told.has_value(); }));
    return told ? std::move(*told) : failure{};
  }
  http_outcome get(const std::string& url) { return ask({.url = url}); }

  dial::reactor loop;
  dial_options options;
  std::optional<http_client> client{std::in_place, loop, options};
};

const http_answer& answer_in(const http_outcome& outcome) {
  static const http_answer none;
  const auto* const answer = std::get_if<http_answer>(&outcome);
  EXPECT_TRUE(answer) << std::get<failure>(outcome).detail;
  return answer ? *answer : none;
}
failure failure_in(const http_outcome& outcome) {
  const auto* const why = std::get_if<failure>(&outcome);
  EXPECT_TRUE(why) << "answered " << std::get<http_answer>(outcome).status;
  return why ? *why : failure{};
}

TEST_F(HttpClient, a_get_is_answered) {
  std::string request;
  raw_server server([&](peer& one) {
    request = one.read_head();
    one.send(response("200 OK", "X-One: 1\r\nx-two:   2  \r\nX-One: again\r\n", "hello"));
  });
  const auto outcome = ask(
      {.url = server.url() + "/a/b?x=1&y=%20", .headers = {{"X-Mine", "yes"}, {"X-Empty", ""}}});
  const auto& answer = answer_in(outcome);
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.headers["x-one"], "1");
  EXPECT_EQ(answer.headers["X-Two"], "2");
  EXPECT_EQ(answer.headers.size(), 4u);
  EXPECT_TRUE(request.starts_with("GET /a/b?x=1&y=%20 HTTP/1.1\r\n")) << request;
  EXPECT_EQ(header_of(request, "Host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(header_of(request, "x-mine"), "yes");
  EXPECT_NE(request.find("X-Empty:\r\n"), std::string::npos) << request;
  EXPECT_EQ(header_of(request, "accept-encoding"), "gzip, deflate");
  EXPECT_EQ(header_of(request, "user-agent"), "");
  EXPECT_EQ(client->pending(), 0u);
}

TEST_F(HttpClient, a_post_carries_its_body_and_no_type_of_its_own) {
  std::string request, body;
  raw_server server([&](peer& one) {
    request = one.read_head();
    body = one.read_exactly(2'000'000);
    one.send(response("200 OK", "", "ok"));
  });
  const std::string sent(2'000'000, 'b');
  EXPECT_EQ(answer_in(ask({.method = "POST", .url = server.url(), .body = sent})).body, "ok");
  EXPECT_TRUE(request.starts_with("POST / HTTP/1.1\r\n"));
  EXPECT_EQ(header_of(request, "content-length"), "2000000");
  EXPECT_EQ(header_of(request, "content-type"), "");
  EXPECT_EQ(header_of(request, "expect"), "");
  EXPECT_EQ(body, sent);
}

// The handle of the request before is used again: nothing of it may stay.
TEST_F(HttpClient, one_request_leaves_nothing_to_the_next) {
  std::vector<std::string> requests;
  raw_server server([&](peer& one) {
    for (std::string head; !(head = one.read_head()).empty();) {
      const std::string length = header_of(head, "content-length");
      if (!length.empty()) one.read_exactly(std::stoul(length));
      requests.push_back(head);
      one.send(head.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
                                        : response("200 OK", "", ""));
    }
  });
  const std::string url = server.url();
  answer_in(ask({.method = "POST",
                 .url = url,
                 .headers = {{"Content-Type", "text/x"}, {"X-A", "1"}},
                 .body = "b"}));
  answer_in(ask({.url = url}));
  answer_in(ask({.method = "HEAD", .url = url}));
  answer_in(ask({.method = "PUT", .url = url, .body = "put"}));
  answer_in(ask({.method = "DELETE", .url = url}));
  answer_in(ask({.method = "POST", .url = url}));
  answer_in(ask({.url = url}));
  client.reset();
  server.stop();
  ASSERT_EQ(requests.size(), 7u);
  const char* const methods[] = {"POST ", "GET ", "HEAD ", "PUT ", "DELETE ", "POST ", "GET "};
  const char* const lengths[] = {"1", "", "", "3", "", "0", ""};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_TRUE(requests[i].starts_with(methods[i])) << requests[i];
    EXPECT_EQ(header_of(requests[i], "content-length"), lengths[i]) << requests[i];
    EXPECT_EQ(header_of(requests[i], "x-a"), i == 0 ? "1" : "");
    EXPECT_EQ(header_of(requests[i], "content-type"), i == 0 ? "text/x" : "");
  }
  EXPECT_EQ(server.accepted(), 1) << "and all over one connection";
}

TEST_F(HttpClient, a_status_is_an_answer_and_redirects_are_not_followed) {
  raw_server server([](peer& one) {
    one.read_head();
    one.send(response("302 Found", "Location: /elsewhere\r\n", ""));
    one.read_head();
    one.send(response("500 Oh", "", "broken"));
  });
  EXPECT_EQ(answer_in(get(server.url())).status, 302u);
  const auto outcome = get(server.url());
  EXPECT_EQ(answer_in(outcome).status, 500u);
  EXPECT_EQ(answer_in(outcome).body, "broken");
}

TEST_F(HttpClient, what_comes_before_the_answer_is_not_the_answer) {
  raw_server server([](peer& one) {
    one.read_head();
    one.send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" +
             response("200 OK", "X-Late: 1\r\n", "x"));
  });
  const auto outcome = get(server.url());
  EXPECT_FALSE(answer_in(outcome).headers.contains("x-early"));
  EXPECT_TRUE(answer_in(outcome).headers.contains("x-late"));
}

TEST_F(HttpClient, get_and_post_at_the_same_time_take_two_connections_that_are_kept) {
  raw_server server([](peer& one) {
    for (std::string head; !(head = one.read_head()).empty();) {
      if (head.starts_with("POST")) {
        one.read_exactly(4);
        one.send(response("200 OK", "", "posted"));
      } else if (head.starts_with("GET /wait")) {
        one.send(response("200 OK", "", "got"));
      }
    }
  });
  for (int round = 0; round < 5; ++round) {
    std::set<std::string> bodies;
    const auto collect = [&](http_outcome outcome) { bodies.insert(answer_in(outcome).body); };
    client->start({.url = server.url() + "/wait"}, collect);
    client->start({.method = "POST", .url = server.url(), .body = "post"}, collect);
    ASSERT_TRUE(turn_until(loop, [&] { return bodies.size() == 2; }));
  }
  EXPECT_EQ(server.accepted(), 2);
  client.reset();
  EXPECT_EQ(loop.watched(), 0u);
}

TEST_F(HttpClient, a_kept_connection_that_the_server_closed_is_replaced) {
  raw_server server([](peer& one) {
    one.read_head();
    one.send(response("200 OK", "", "once"));
  });
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(answer_in(get(server.url())).body, "once");
    ASSERT_TRUE(turn_until(loop, [&] { return server.ended() == i; }));
  }
  EXPECT_EQ(server.accepted(), 3);
}

// CM-33: the server may have had it. A GET of polling takes messages out of the server's queue, and
// a POST brings some: sent again, the first would lose messages, the second double them.
TEST_F(HttpClient, no_request_is_sent_twice) {
  std::atomic<int> requests{0};
  raw_server server([&](peer& one) {
    for (std::string head; !(head = one.read_head()).empty();) {
      if (head.starts_with("POST")) one.read_exactly(4);
      if (++requests % 2 == 0) return;  // without a word
      one.send(response("200 OK", "", "once"));
    }
  });
  for (const bool posts : {false, true}) {
    requests = 0;
    const auto once = [&] {
      return ask(
          {.method = posts ? "POST" : "GET", .url = server.url(), .body = posts ? "four" : ""});
    };
    EXPECT_EQ(answer_in(once()).body, "once");
    const auto why = failure_in(once());
    EXPECT_EQ(why.what, trouble::lost);
    EXPECT_EQ(why.detail, "127.0.0.1:" + std::to_string(server.port()) +
                              ": the connection ended before the answer");
    EXPECT_EQ(requests, 2);
    EXPECT_EQ(answer_in(once()).body, "once");
  }
}

// ---- limits and codings

TEST_F(HttpClient, deflated_answers_are_decoded) {
  const std::string text(100'000, 'z');
  for (const auto& [format, name] : {std::pair(wire::deflate_format::gzip, "gzip"),
                                     std::pair(wire::deflate_format::zlib, "deflate")}) {
    std::string packed;
    wire::deflater(format, 6, 8, 15).add_stream(text, packed);
    ASSERT_LT(packed.size(), 1'000u);
    raw_server server([&, coding = name](peer& one) {
      one.read_head();
      one.send(response("200 OK", "Content-Encoding: " + std::string(coding) + "\r\n", packed));
    });
    EXPECT_EQ(answer_in(get(server.url())).body, text);
  }
}

TEST_F(HttpClient, an_answer_that_cannot_be_decoded_fails) {
  raw_server server([](peer& one) {
    one.read_head();
    one.send(response("200 OK", "Content-Encoding: gzip\r\n", "this is no gzip, is it?"));
  });
  EXPECT_EQ(failure_in(get(server.url())).what, trouble::protocol);
}

TEST_F(HttpClient, an_answer_may_be_as_long_as_its_limit_and_no_longer) {
  std::string packed;
  wire::deflater(wire::deflate_format::gzip, 6, 8, 15).add_stream(std::string(2'000, 'x'), packed);
  raw_server server([&](peer& one) {
    one.read_head();
    one.send(response("200 OK", "Content-Encoding: gzip\r\n", packed));
  });
  EXPECT_EQ(answer_in(ask({.url = server.url(), .response_bytes_max = 2'000})).body.size(), 2'000u);
  const auto outcome = ask({.url = server.url(), .response_bytes_max = 1'999});
  EXPECT_EQ(failure_in(outcome).what, trouble::too_big);
  EXPECT_EQ(failure_in(outcome).detail, "answer of more than 1999 bytes");
}

TEST_F(HttpClient, the_head_of_an_answer_has_a_limit) {
  raw_server server([](peer& one) {
    one.read_head();
    one.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100'000; ++i) one.send("X-More: and more and more and more\r\n");
  });
  EXPECT_EQ(failure_in(get(server.url())).what, trouble::too_big);
}

// ---- what cannot be asked

TEST_F(HttpClient, what_cannot_be_asked_is_told_later) {
  const std::map<std::string, std::string> wrong{{"", "\"\": "},
                                                 {"http://", "\"http://\": "},
                                                 {"ftp://host/", "scheme must be http or https"},
                                                 {"ws://host/", "scheme must be http or https"},
                                                 {"http://host:99999/", "99999"},
                                                 {"http://[::1/", "[::1"},
                                                 {"http://host/a b", "bad path"}};
  for (const auto& [url, why] : wrong) {
    const failure told = failure_in(get(url));
    EXPECT_EQ(told.what, trouble::bad_url) << url;
    EXPECT_NE(told.detail.find(why), std::string::npos) << told.detail;
  }
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"X", "a\r\nY: b"},
                                                        {"X\r\nY", "b"},
                                                        {"", "x"},
                                                        {"a b", "c"},
                                                        {"X", std::string("a\0b", 3)}}) {
    EXPECT_EQ(failure_in(ask({.url = "http://127.0.0.1/", .headers = {{name, value}}})).what,
              trouble::bad_url);
  }
}

TEST_F(HttpClient, a_refused_connection_is_told_with_its_place) {
  const std::string place = "127.0.0.1:" + std::to_string(unused_port());
  const failure why = failure_in(get("http://" + place + "/x"));
  EXPECT_EQ(why.what, trouble::connect);
  EXPECT_EQ(why.detail, "connect to " + place + " refused");
}

TEST_F(HttpClient, an_unknown_host_is_told) {
  const failure why = failure_in(get("http://nobody.invalid/"));
  EXPECT_EQ(why.what, trouble::resolve);
  EXPECT_NE(why.detail.find("nobody.invalid"), std::string::npos) << why.detail;
}

// ---- every byte at which an answer may stop

TEST_F(HttpClient, an_answer_that_ends_after_any_byte_is_lost) {
  const std::string whole = response("200 OK", "X: y\r\n", "body");
  std::size_t bytes = 0;
  raw_server server([&](peer& one) {
    one.read_head();
    one.send(std::string_view(whole).substr(0, bytes));
  });
  for (; bytes < whole.size(); ++bytes) {
    const auto outcome = get(server.url());
    if (const auto* const answer = std::get_if<http_answer>(&outcome))
      ADD_FAILURE() << "answered " << answer->status << " behind " << bytes << " bytes";
    else
      EXPECT_TRUE(failure_in(outcome).what == trouble::lost ||
                  failure_in(outcome).what == trouble::protocol)
          << bytes << ": " << failure_in(outcome).detail;
  }
  EXPECT_EQ(answer_in(get(server.url())).body, "body");
}

TEST_F(HttpClient, a_reset_is_lost_and_something_else_is_not_http) {
  raw_server resets([](peer& one) {
    one.read_head();
    one.reset();
  });
  EXPECT_EQ(failure_in(get(resets.url())).what, trouble::lost);
  raw_server talks([](peer& one) {
    one.read_head();
    one.send("SSH-2.0-something\r\n");
  });
  EXPECT_EQ(failure_in(get(talks.url())).what, trouble::protocol);
}

// ---- time and cancelling

TEST_F(HttpClient, who_does_not_answer_in_time_is_given_up) {
  raw_server server([](peer& one) { EXPECT_TRUE((one.read_head(), one.sees_end())); });
  const auto begin = clock::now();
  const failure why = failure_in(ask({.url = server.url(), .timeout = milliseconds(50)}));
  EXPECT_EQ(why.what, trouble::timeout);
  EXPECT_EQ(why.detail,
            "no answer of 127.0.0.1:" + std::to_string(server.port()) + " within 50 ms");
  EXPECT_GE(clock::now() - begin, milliseconds(50));
}

// Whoever waits for the answer was busy, not the server (ADR 8).
TEST_F(HttpClient, an_answer_that_came_in_time_is_not_given_up_because_we_were_busy) {
  std::atomic<bool> asked{false}, busy{false}, sent{false};
  raw_server server([&](peer& one) {
    one.read_head();
    asked = true;
    while (!busy) std::this_thread::yield();
    one.send(response("200 OK", "", "in time"));
    sent = true;
    one.sees_end();
  });
  std::optional<http_outcome> told;
  client->start({.url = server.url(), .timeout = milliseconds(300)},
                [&](http_outcome outcome) { told = std::move(outcome); });
  const auto begin = clock::now();
  ASSERT_TRUE(turn_until(loop, [&] { return asked.load(); }));
  busy = true;
  while (!sent || clock::now() - begin < milliseconds(400)) std::this_thread::yield();
  ASSERT_TRUE(turn_until(loop, [&] { return told.has_value(); }));
  EXPECT_EQ(answer_in(*told).body, "in time");
}

TEST_F(HttpClient, what_is_cancelled_is_never_told) {
  raw_server server([](peer& one) { EXPECT_TRUE((one.read_head(), one.sees_end())); });
  const auto never = [](const http_outcome&) { ADD_FAILURE(); };
  const auto at_once = client->start({.url = server.url()}, never);
  client->cancel(at_once);
  client->cancel(at_once);
  client->cancel(client->start({.url = "nonsense://"}, never));
  const auto later = client->start({.url = server.url(), .timeout = milliseconds(500)}, never);
  ASSERT_TRUE(turn_until(loop, [&] { return server.accepted() == 1; }));
  turn_for(loop, milliseconds(10));
  client->cancel(later);
  EXPECT_EQ(client->pending(), 0u);
  turn_for(loop, milliseconds(10));
}

TEST_F(HttpClient, what_belongs_to_a_destroyed_client_is_never_told) {
  raw_server server([](peer& one) { EXPECT_TRUE((one.read_head(), one.sees_end())); });
  const auto never = [](const http_outcome&) { ADD_FAILURE(); };
  client->start({.url = server.url()}, never);
  client->start({.url = "nonsense://"}, never);
  client->start({.url = "http://nobody.invalid/"}, never);
  client.reset();
  turn_for(loop, milliseconds(20));
  EXPECT_EQ(loop.watched(), 0u);
}

TEST_F(HttpClient, may_be_destroyed_by_who_is_told) {
  raw_server server([](peer& one) {
    one.read_head();
    one.send(response("200 OK", "", "bye"));
  });
  int told = 0;
  for (int i = 0; i < 3; ++i) {
    client->start({.url = server.url()}, [&](http_outcome) {
      ++told;
      client.reset();
    });
  }
  ASSERT_TRUE(turn_until(loop, [&] { return !client; }));
  turn_for(loop, milliseconds(20));
  EXPECT_EQ(told, 1);
  EXPECT_EQ(loop.watched(), 0u);
}

TEST_F(HttpClient, may_be_destroyed_with_its_reactor_by_who_is_told) {
  raw_server server([](peer& one) {
    one.read_head();
    one.send(response("200 OK", "", "bye"));
    one.sees_end();
  });
  auto short_lived = std::make_unique<dial::reactor>();
  auto last = std::make_unique<http_client>(*short_lived, options);
  last->start({.url = server.url()}, [&](http_outcome) {
    last.reset();
    short_lived.reset();
  });
  const auto end = clock::now() + std::chrono::seconds(10);
  while (short_lived && clock::now() < end) short_lived->poll();
  EXPECT_FALSE(short_lived);
}

TEST_F(HttpClient, who_is_told_may_ask_again) {
  raw_server server([](peer& one) {
    while (!one.read_head().empty()) one.send(response("200 OK", "", "x"));
  });
  int told = 0;
  std::function<void(http_outcome)> again = [&](http_outcome) {
    if (++told < 10) client->start({.url = server.url()}, again);
  };
  client->start({.url = server.url()}, again);
  ASSERT_TRUE(turn_until(loop, [&] { return told == 10; }));
  EXPECT_EQ(server.accepted(), 1);
}

}  // namespace
}  // namespace socketio::test
